using DrPowerShell.Core.Ports;
using DrPowerShell.Testing.Stores;

namespace DrPowerShell.Providers.Tests.Stores;

/// <summary>The contract of stores, held by a prefix of a bucket without versions.</summary>
public sealed class S3ContractTests : BlobStoreContractTests
{
    private static readonly SemaphoreSlim Creating = new(1);
    private static string? bucket;

    private readonly string _prefix = S3Stores.NewPrefix();

    protected override async Task<IBlobStore> OpenAsync()
    {
        var server = await CephServer.SharedAsync();
        await Creating.WaitAsync(Token);
        try
        {
            bucket ??= await server.CreateBucketAsync();
        }
        finally
        {
            Creating.Release();
        }

        return await S3Stores.OpenAsync(S3Stores.Options(server, bucket, _prefix));
    }
}
