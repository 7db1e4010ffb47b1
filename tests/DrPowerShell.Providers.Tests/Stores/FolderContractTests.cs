using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Testing;

namespace DrPowerShell.Providers.Tests.Stores;

/// <summary>The contract of stores, held by a folder.</summary>
public sealed class FolderContractTests : BlobStoreContractTests
{
    private readonly TempFolder _folder = new("store");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    protected override Task<IBlobStore> OpenAsync() => Task.FromResult(FolderBlobStore.Open(new Uri(_folder.FullName)));
}
