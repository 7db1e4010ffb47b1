using DrPowerShell.Core.Ports;
using DrPowerShell.Providers.Tests.Stores;
using DrPowerShell.Testing;

namespace DrPowerShell.Providers.Tests.Sftp;

/// <summary>The contract of stores, held by a folder behind SSH.</summary>
public sealed class SftpContractTests(SharedSshServer ssh) : BlobStoreContractTests
{
    private readonly TempFolder _folder = new("sftp");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    protected override Task<IBlobStore> OpenAsync() => SharedSshServer.OpenAsync(ssh.Options(_folder.FullName));
}
