using System.Net;
using System.Net.Sockets;
using DrPowerShell.Core.Checks.Errors;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Checks.Probes;

/// <summary>Opens a TCP connection and closes it.</summary>
internal sealed class TcpProbe(CheckSection check, CheckWorld world) : CheckProbe(check, world)
{
    public override async Task<ProbeAnswer> AskAsync(CancellationToken cancellationToken)
    {
        var start = World.Clock.GetTimestamp();
        using var socket = new TcpClient();
        await socket.ConnectAsync(Needed(Check.Host, "host"), Check.Port ?? throw new CheckNotPossibleException(Check.Name, "it has no 'port'."), cancellationToken).ConfigureAwait(false);
        // On this machine the kernel may give the connection the very port that it asks for: then it has reached itself.
        return Equals(socket.Client.LocalEndPoint, socket.Client.RemoteEndPoint)
            ? throw new SocketException((int)SocketError.ConnectionRefused)
            : new ProbeAnswer(true, $"{Check.Host}:{Check.Port} is open");
    }
}

/// <summary>Asks DNS: addresses by the machine's own resolver, everything else by a client of our own.</summary>
internal sealed class DnsProbe(CheckSection check, CheckWorld world) : CheckProbe(check, world)
{
    public override async Task<ProbeAnswer> AskAsync(CancellationToken cancellationToken)
    {
        var record = Check.Record ?? DnsRecordType.A;
        var answers = await ResolveAsync(Needed(Check.Host, "host"), record, cancellationToken).ConfigureAwait(false);
        var missing = Check.Answers.Where(wanted => !answers.Any(answer => AreEqual(record, answer, wanted))).ToArray();
        var found = answers.Count == 0 ? "no record" : string.Join(", ", answers.Order(StringComparer.Ordinal).Take(10));
        return missing.Length > 0 || answers.Count == 0
            ? new ProbeAnswer(false, $"{Check.Host} {record.ToString().ToUpperInvariant()} has {found}{(missing.Length == 0 ? "" : ", not " + string.Join(", ", missing))}")
            : new ProbeAnswer(true, $"{Check.Host} {record.ToString().ToUpperInvariant()} has {found}");
    }

    private async Task<IReadOnlyList<string>> ResolveAsync(string name, DnsRecordType record, CancellationToken cancellationToken)
    {
        if (Check.Server is null && record is DnsRecordType.A or DnsRecordType.Aaaa)
        {
            try
            {
                var addresses = await System.Net.Dns.GetHostAddressesAsync(name, record == DnsRecordType.A ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, cancellationToken).ConfigureAwait(false);
                return [.. addresses.Select(address => address.ToString())];
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData)
            {
                return [];
            }
        }

        return await ProviderLoader.Catalog.Dns.ResolveAsync(name, record, Check.Server, Check.Timeout, cancellationToken).ConfigureAwait(false);
    }

    private static bool AreEqual(DnsRecordType record, string answer, string wanted) =>
        record is DnsRecordType.A or DnsRecordType.Aaaa && IPAddress.TryParse(answer, out var one) && IPAddress.TryParse(wanted, out var other) ? one.Equals(other)
        : string.Equals(answer, wanted.TrimEnd('.'), record == DnsRecordType.Txt ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);
}

/// <summary>Runs a query.</summary>
internal sealed class SqlProbe(CheckSection check, CheckWorld world) : CheckProbe(check, world)
{
    public override async Task<ProbeAnswer> AskAsync(CancellationToken cancellationToken)
    {
        var answer = await ProviderLoader.Catalog.Sql.AskAsync(
            new SqlQuestion
            {
                Kind = Check.Provider ?? throw new CheckNotPossibleException(Check.Name, "it has no 'provider'."),
                Host = Needed(Check.Host, "host"),
                Port = Check.Port,
                Database = Check.Database,
                User = Check.User,
                Password = World.Secret(Check.Password),
                Tls = Check.Tls,
                CaCertificate = Check.CaCertificate,
                Query = Needed(Check.Query, "query"),
                Timeout = Check.Timeout,
            },
            cancellationToken).ConfigureAwait(false);
        if (Check.Expect is { } expected && answer.First != expected)
        {
            // What a database answers may be anybody's data.
            return new ProbeAnswer(false, $"the query answers {(answer.First is null ? "nothing" : "another value")}, not '{expected}'");
        }

        var least = Check.AtLeast ?? (Check.Expect is null ? 1 : 0);
        return answer.Rows < least
            ? new ProbeAnswer(false, $"{ProbeText.Number(answer.Rows)} rows, and there must be {ProbeText.Number(least)} at least")
            : new ProbeAnswer(true, Check.Expect is null ? $"{ProbeText.Number(answer.Rows)} rows" : $"the query answers '{Check.Expect}'");
    }
}
