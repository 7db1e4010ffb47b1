using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ARSoft.Tools.Net;
using ARSoft.Tools.Net.Dns;
using DrPowerShell.Core.Checks;
using DrPowerShell.Core.Checks.Errors;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Providers.Dns;

/// <summary>Asks DNS servers over UDP, and over TCP where an answer is too long.</summary>
internal sealed class DnsQuestions : IDnsClient
{
    private const int DefaultPort = 53;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ResolveAsync(string name, DnsRecordType record, string? server, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var subject = $"{name} {record.ToString().ToUpperInvariant()}";
        var (servers, port) = await ServersAsync(server, cancellationToken).ConfigureAwait(false);
        var type = Enum.Parse<RecordType>(record.ToString(), ignoreCase: true);
        var question = record == DnsRecordType.Ptr && IPAddress.TryParse(name, out var address) ? address.GetReverseLookupDomain()
            : DomainName.TryParse(name, out var parsed) ? parsed! : throw new CheckNotAnsweredException(subject, "it is no domain name.");

        // Upper and lower case mixed into the name is a guard that some servers do not keep up.
        using var client = new DnsClient(servers, [new UdpClientTransport(port), new TcpClientTransport(port)], true, (int)Math.Clamp(timeout.TotalMilliseconds, 1, int.MaxValue)) { Is0x20ValidationEnabled = false };
        var answer = await client.ResolveAsync(question, type, token: cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return answer switch
        {
            null => throw new CheckNotAnsweredException(subject, $"no answer from {server ?? "the machine's DNS servers"}."),
            { ReturnCode: ReturnCode.NxDomain } => [],
            { ReturnCode: not ReturnCode.NoError } => throw new CheckNotAnsweredException(subject, $"the server answers {answer.ReturnCode}."),
            _ => [.. answer.AnswerRecords.Where(one => one.RecordType == type).Select(Text)],
        };
    }

    private static async Task<(IEnumerable<IPAddress> Servers, int Port)> ServersAsync(string? server, CancellationToken cancellationToken)
    {
        if (server is null)
        {
            return (DnsClient.GetLocalConfiguredDnsServers(), DefaultPort);
        }

        if (IPEndPoint.TryParse(server, out var end))
        {
            return ([end.Address], end.Port == 0 ? DefaultPort : end.Port);
        }

        var colon = server.LastIndexOf(':');
        var port = DefaultPort;
        if (colon > 0 && !int.TryParse(server.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port))
        {
            throw new CheckNotAnsweredException(server, "it is no address of a server.");
        }

        try
        {
            return (await System.Net.Dns.GetHostAddressesAsync(colon > 0 ? server[..colon] : server, cancellationToken).ConfigureAwait(false), port);
        }
        catch (SocketException e)
        {
            throw new CheckNotAnsweredException(server, $"the server's own name has no address: {e.Message}", e);
        }
    }

    private static string Text(DnsRecordBase record) => record switch
    {
        AddressRecordBase one => one.Address.ToString(),
        CNameRecord one => Name(one.CanonicalName),
        NsRecord one => Name(one.NameServer),
        PtrRecord one => Name(one.PointerDomainName),
        TxtRecord one => one.TextData,
        MxRecord one => string.Create(CultureInfo.InvariantCulture, $"{one.Preference} {Name(one.ExchangeDomainName)}"),
        SrvRecord one => string.Create(CultureInfo.InvariantCulture, $"{one.Priority} {one.Weight} {one.Port} {Name(one.Target)}"),
        SoaRecord one => string.Create(CultureInfo.InvariantCulture, $"{Name(one.MasterName)} {Name(one.ResponsibleName)} {one.SerialNumber}"),
        CAARecord one => string.Create(CultureInfo.InvariantCulture, $"{one.Flags} {one.Tag} {one.Value}"),
        _ => record.ToString(),
    };

    private static string Name(DomainName name) => name.ToString().TrimEnd('.');
}
