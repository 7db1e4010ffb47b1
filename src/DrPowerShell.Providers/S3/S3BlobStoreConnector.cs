using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;

namespace DrPowerShell.Providers.S3;

/// <summary>Opens prefixes of buckets: <c>s3://bucket/prefix</c>.</summary>
internal sealed class S3BlobStoreConnector(S3Patience? patience = null) : IBlobStoreConnector
{
    private const string DefaultRegion = "us-east-1";
    private const int RetriesOnOpening = 2;

    private readonly S3Patience _patience = patience ?? S3Patience.Default;

    // A clock that is off would give backups wrong times and locks wrong ends: it is told, not made up for.
    static S3BlobStoreConnector() => AWSConfigs.CorrectForClockSkew = false;

    public async Task<IBlobStore> OpenAsync(RepositoryOptions options, CancellationToken cancellationToken)
    {
        var (bucket, prefix) = Read(options.Uri);
        var failures = new S3Failures(options.Uri, bucket, _patience);
        failures.Hide(options.S3.SecretKey, options.S3.SessionToken);
        var clients = new S3HttpClients(options.Uri, options.S3.CACertificatePath, _patience);
        S3BlobStore? store = null;
        try
        {
            var config = Configure(options.S3, clients);
            var credentials = await S3Credentials.FindAsync(options.S3, config, failures, _patience, cancellationToken).ConfigureAwait(false);
            var caller = new S3Caller(new AmazonS3Client(credentials, config), failures, _patience);
            store = new S3BlobStore(options.Uri, bucket, prefix, caller, clients, isSecure: config.ServiceURL?.StartsWith("http:", StringComparison.OrdinalIgnoreCase) != true);
            // Listing is the one right that every act needs, and unlike HEAD it is told why it is refused.
            await caller.CallAsync(
                "open",
                (s3, token) => s3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket, Prefix = prefix, MaxKeys = 1 }, token),
                cancellationToken,
                retries: Math.Min(RetriesOnOpening, _patience.Retries)).ConfigureAwait(false);
            return store;
        }
        catch
        {
            if (store is not null)
            {
                await store.DisposeAsync().ConfigureAwait(false);
            }

            clients.Dispose();
            throw;
        }
    }

    private static AmazonS3Config Configure(S3Access access, S3HttpClients clients)
    {
        var config = new AmazonS3Config
        {
            HttpClientFactory = clients,
            ForcePathStyle = access.PathStyle ?? access.Endpoint is not null,
            // Ceph 16 and other servers refuse the checksums in trailers that newer SDKs send unasked.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            MaxErrorRetry = 0,
            BufferSize = 1 << 16,
        };
        if (access.Endpoint is not null)
        {
            config.ServiceURL = access.Endpoint.AbsoluteUri;
            config.AuthenticationRegion = access.Region ?? DefaultRegion;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(access.Region ?? RegionOf(access.Profile) ?? DefaultRegion);
        }

        return config;
    }

    private static string? RegionOf(string? profile) =>
        profile is not null && S3Credentials.Profiles().TryGetProfile(profile, out var found) && found.Region is { } region
            ? region.SystemName
            // Never the metadata service: where there is none, asking it costs seconds.
            : FallbackRegionFactory.GetRegionEndpoint(includeInstanceMetadata: false)?.SystemName;

    // Not Uri.Host, which is lower case whatever the bucket's name is.
    private static (string Bucket, string Prefix) Read(Uri uri)
    {
        var path = uri.OriginalString[(uri.OriginalString.IndexOf("://", StringComparison.Ordinal) + 3)..].Trim('/').Split('/', 2);
        return (path[0], path.Length == 2 && path[1].Length > 0 ? Uri.UnescapeDataString(path[1]) + "/" : "");
    }
}
