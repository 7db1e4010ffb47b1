using DrPowerShell.Core.Ports;
using DrPowerShell.Testing.Stores;

namespace DrPowerShell.Providers.Tests.Stores;

/// <summary>The contract of stores, held by a prefix of a bucket that keeps versions, over TLS.</summary>
public sealed class S3VersionedContractTests(S3Buckets buckets) : BlobStoreContractTests
{
    private readonly string _prefix = S3Stores.NewPrefix();

    protected override async Task<IBlobStore> OpenAsync()
    {
        var server = await CephServer.SharedAsync();
        var options = S3Stores.Options(server, await buckets.LockingAsync(), _prefix, server.TlsEndpoint);
        return await S3Stores.OpenAsync(options with { S3 = options.S3 with { CACertificatePath = server.AuthorityPath } });
    }
}
