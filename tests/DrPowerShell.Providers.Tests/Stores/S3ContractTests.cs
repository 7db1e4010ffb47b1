using DrPowerShell.Core.Ports;
using DrPowerShell.Testing.Stores;

namespace DrPowerShell.Providers.Tests.Stores;

/// <summary>The contract of stores, held by a prefix of a bucket without versions.</summary>
public sealed class S3ContractTests(S3Buckets buckets) : BlobStoreContractTests
{
    private readonly string _prefix = S3Stores.NewPrefix();

    protected override async Task<IBlobStore> OpenAsync() =>
        await S3Stores.OpenAsync(S3Stores.Options(await CephServer.SharedAsync(), await buckets.PlainAsync(), _prefix));
}
