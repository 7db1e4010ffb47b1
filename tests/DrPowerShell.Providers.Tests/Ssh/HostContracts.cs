using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Providers.Tests.Sftp;

namespace DrPowerShell.Providers.Tests.Ssh;

/// <summary>This machine.</summary>
public sealed class LocalHostTests : HostContractTests
{
    protected override Task<IHost> OpenAsync()
    {
        Root.Require();
        return Task.FromResult<IHost>(new LocalHost(new HostOptions { Name = "here", Kind = HostKind.Local }));
    }
}

/// <summary>This machine, through sudo.</summary>
public sealed class LocalSudoHostTests : HostContractTests
{
    protected override Task<IHost> OpenAsync()
    {
        Root.Require();
        return Task.FromResult<IHost>(new LocalHost(new HostOptions { Name = "here", Kind = HostKind.Local, Sudo = true }));
    }
}

/// <summary>A machine behind SSH, as root.</summary>
public sealed class SshRootHostTests(SshMachines machines) : HostContractTests
{
    protected override async Task<IHost> OpenAsync() => await machines.OpenAsync();
}

/// <summary>A machine behind SSH, as a user who becomes root.</summary>
public sealed class SshSudoHostTests(SshMachines machines) : HostContractTests
{
    protected override async Task<IHost> OpenAsync() => await machines.OpenAsync("sudo");
}

/// <summary>A machine behind SSH and behind another one.</summary>
public sealed class SshJumpHostTests(SshMachines machines, SharedSshServer jump) : HostContractTests
{
    protected override async Task<IHost> OpenAsync()
    {
        var options = SshMachines.Options(await machines.ServerAsync());
        var hop = new SshHop("127.0.0.1", jump.Server.Port, jump.Server.User) { Access = jump.Access };
        return new Providers.Ssh.SshHost(options with { Access = options.Access with { Jumps = [hop] } });
    }
}
