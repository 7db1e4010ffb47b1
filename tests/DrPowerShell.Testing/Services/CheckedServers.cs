using System.Diagnostics;
using System.Globalization;

namespace DrPowerShell.Testing.Services;

/// <summary>A real BIND with the zone dr.test (tests/services/bind.sh); it ends with this process, however that dies.</summary>
public sealed class DnsServer : IAsyncDisposable
{
    private readonly Process _holder;

    private DnsServer(Process holder, string address) => (_holder, Address) = (holder, address);

    /// <summary>Its address with its port.</summary>
    public string Address { get; }

    public static async Task<DnsServer> StartAsync()
    {
        var (holder, facts) = await HeldService.StartAsync("bind.sh", ["t" + Guid.NewGuid().ToString("N")[..10]]);
        return new DnsServer(holder, facts["DNS_SERVER"]);
    }

    public async ValueTask DisposeAsync() => await HeldService.StopAsync(_holder);
}

/// <summary>A real PostgreSQL with a user and a password (tests/services/postgres.sh); it ends with this process, however that dies.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly Process _holder;

    private PostgresServer(Process holder, IReadOnlyDictionary<string, string> facts)
    {
        _holder = holder;
        (Port, User, Password) = (int.Parse(facts["PG_PORT"], CultureInfo.InvariantCulture), facts["PG_USER"], facts["PG_PASSWORD"]);
    }

    public int Port { get; }

    public string User { get; }

    public string Password { get; }

    public static async Task<PostgresServer> StartAsync()
    {
        var (holder, facts) = await HeldService.StartAsync("postgres.sh", ["t" + Guid.NewGuid().ToString("N")[..10]]);
        return new PostgresServer(holder, facts);
    }

    public async ValueTask DisposeAsync() => await HeldService.StopAsync(_holder);
}
