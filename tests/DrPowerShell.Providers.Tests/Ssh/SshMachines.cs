using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Providers.Ssh;
using DrPowerShell.Testing.Hosts;
using DrPowerShell.Testing.Stores;
using Xunit;

[assembly: AssemblyFixture(typeof(DrPowerShell.Providers.Tests.Ssh.SshMachines))]

namespace DrPowerShell.Providers.Tests.Ssh;

/// <summary>A machine with systemd and an SSH server inside, started when first asked for, for all tests that leave it as they found it.</summary>
public sealed class SshMachines : IAsyncDisposable
{
    private readonly object _lock = new();
    private Task<(SystemdMachine Machine, SshServer Server)>? _started;

    public async Task<SystemdMachine> MachineAsync() => (await StartedAsync()).Machine;

    public async Task<SshServer> ServerAsync() => (await StartedAsync()).Server;

    /// <summary>How a server is reached.</summary>
    /// <param name="login">The kind of user; null for the one who runs the tests.</param>
    public static HostOptions Options(SshServer server, string? login = null) => new()
    {
        Name = "etcd-1",
        Address = "127.0.0.1",
        Port = server.Port,
        User = login is null ? server.User : server.Login(login),
        Access = Access(server),
        Sudo = login is "sudo" or "asks",
    };

    public static SftpAccess Access(SshServer server) => new() { KeyPath = server.Key, KnownHostsPaths = [server.KnownHosts] };

    internal async Task<SshHost> OpenAsync(string? login = null) => new(Options(await ServerAsync(), login));

    public async ValueTask DisposeAsync()
    {
        if (_started is not null)
        {
            var (machine, server) = await _started;
            await server.DisposeAsync();
            await machine.DisposeAsync();
        }
    }

    private Task<(SystemdMachine Machine, SshServer Server)> StartedAsync()
    {
        lock (_lock)
        {
            return _started ??= StartAsync();
        }
    }

    private static async Task<(SystemdMachine, SshServer)> StartAsync()
    {
        Sftp.Root.Require();
        var machine = await SystemdMachine.StartAsync();
        return (machine, await SshServer.StartAsync(inside: machine, logins: ["plain", "sudo", "asks", "noisy", "nologin"]));
    }
}
