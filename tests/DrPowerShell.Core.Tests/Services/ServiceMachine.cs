using System.Globalization;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Services;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Hosts;
using DrPowerShell.Testing.Stores;
using Xunit;

[assembly: AssemblyFixture(typeof(DrPowerShell.Core.Tests.Services.ServiceMachine))]

namespace DrPowerShell.Core.Tests.Services;

/// <summary>A machine with a real systemd behind a real SSH server, started when first asked for; each test has units of its own.</summary>
public sealed class ServiceMachine : IAsyncDisposable
{
    private readonly object _lock = new();
    private Task<Started>? _started;

    public async Task<SystemdMachine> SystemdAsync() => (await StartedAsync()).Machine;

    /// <summary>The way to it: as a user who becomes root.</summary>
    public async Task<IHost> HostAsync() => (await StartedAsync()).Host;

    /// <summary>The same way, as an estate says it: lines of YAML below the host's name.</summary>
    public async Task<string> HostYamlAsync()
    {
        var server = (await StartedAsync()).Server;
        return string.Create(CultureInfo.InvariantCulture, $"""
            address: 127.0.0.1
            port: {server.Port}
            user: {server.Login("sudo")}
            key: {server.Key}
            knownHosts: [{server.KnownHosts}]
            sudo: true
            """).ReplaceLineEndings("\n");
    }

    /// <summary>Puts a unit there under a name of its own and opens it.</summary>
    public async Task<IService> UnitAsync(string text, IReadOnlyList<int>? ports = null, string? process = null, string name = "dr-$", string? file = null)
    {
        name = name.Replace("$", Guid.NewGuid().ToString("N")[..8], StringComparison.Ordinal);
        await (await SystemdAsync()).WriteUnitAsync(file ?? name + ".service", text);
        return await OpenAsync(name, ports, process);
    }

    public async Task<IService> OpenAsync(string name, IReadOnlyList<int>? ports = null, string? process = null) => ServiceFactory.Open(
        new ServiceOptions { Name = name, Host = "etcd-1", Kind = ServiceKind.Systemd, Ports = ports ?? [], ProcessText = process }, await HostAsync());

    /// <summary>A program that listens on a port until it is ended, as a unit has it.</summary>
    public static string Listener(int port) =>
        string.Create(CultureInfo.InvariantCulture, $"/usr/bin/perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalAddr=>\"127.0.0.1\",LocalPort=>{port},Listen=>5,ReuseAddr=>1) or die; sleep 100000'");

    public async ValueTask DisposeAsync()
    {
        if (_started is not null)
        {
            var (machine, server, host) = await _started;
            await host.DisposeAsync();
            await server.DisposeAsync();
            await machine.DisposeAsync();
        }
    }

    private Task<Started> StartedAsync()
    {
        lock (_lock)
        {
            return _started ??= StartAsync();
        }
    }

    private static async Task<Started> StartAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess || Environment.GetEnvironmentVariable("CI") is { Length: > 0 }, "Only root starts a systemd.");
        var machine = await SystemdMachine.StartAsync();
        var server = await SshServer.StartAsync(inside: machine, logins: ["sudo"]);
        return new Started(machine, server, ProviderLoader.Catalog.Ssh.Open(new HostOptions
        {
            Name = "etcd-1",
            Address = "127.0.0.1",
            Port = server.Port,
            User = server.Login("sudo"),
            Sudo = true,
            Access = new SftpAccess { KeyPath = server.Key, KnownHostsPaths = [server.KnownHosts] },
        }));
    }

    private sealed record Started(SystemdMachine Machine, SshServer Server, IHost Host);
}
