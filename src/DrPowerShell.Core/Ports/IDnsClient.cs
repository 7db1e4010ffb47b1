using DrPowerShell.Core.Checks;

namespace DrPowerShell.Core.Ports;

/// <summary>Asks DNS servers.</summary>
public interface IDnsClient
{
    /// <summary>The answers as texts, such as 192.0.2.1, <c>10 mail.example.com</c> or the text of a TXT record; names without their last dot.</summary>
    /// <param name="name">The name that is asked for.</param>
    /// <param name="record">The type of record.</param>
    /// <param name="server">The server's address, with a port where it is not 53; null for the machine's own.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="Checks.Errors.CheckNotAnsweredException">No server answered, or the answer tells of a failure.</exception>
    Task<IReadOnlyList<string>> ResolveAsync(string name, DnsRecordType record, string? server, TimeSpan timeout, CancellationToken cancellationToken);
}
