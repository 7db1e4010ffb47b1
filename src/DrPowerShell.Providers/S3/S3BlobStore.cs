using System.Net;
using System.Runtime.CompilerServices;
using Amazon.S3;
using Amazon.S3.Model;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Providers.S3;

/// <summary>Objects below a prefix of a bucket.</summary>
/// <remarks>
/// In a bucket with versions an object is its newest version, and removing it removes every version of its name: a delete marker would
/// free nothing, and a retained version would seem to be gone.
/// </remarks>
internal sealed class S3BlobStore(Uri location, string bucket, string root, S3Caller caller, IDisposable clients, bool isSecure) : IBlobStore
{
    private const int PageSize = 1000;

    private readonly S3Versions _versions = new(location, bucket, caller);

    public Uri Location => location;

    /// <summary>S3 lists keys in the order of their UTF-8 bytes, and ours are ASCII.</summary>
    public bool ListsInOrder => true;

    public S3Caller Caller => caller;

    public S3Versions Versions => _versions;

    public string Bucket => bucket;

    /// <summary>Whether TLS guards the bytes on their way.</summary>
    public bool IsSecure => isSecure;

    public static bool IsNotFound(AmazonS3Exception error) => error.StatusCode == HttpStatusCode.NotFound && error.ErrorCode != "NoSuchBucket";

    public async Task<UploadStream> BeginPutAsync(string name, BlobPutOptions options, CancellationToken cancellationToken)
    {
        var key = KeyOf(name);
        cancellationToken.ThrowIfCancellationRequested();
        // Told before a gigabyte has been sent for nothing; some servers know no condition at all.
        return options.OnlyIfAbsent && await HeadAsync(name, cancellationToken).ConfigureAwait(false) is not null
            ? throw new BlobExistsException(location, name)
            : new S3Upload(this, name, key, options);
    }

    public async Task<Stream> OpenReadAsync(string name, long offset, long? length, CancellationToken cancellationToken)
    {
        var source = new S3Read(this, name, KeyOf(name), offset, length);
        try
        {
            await source.OpenAsync(cancellationToken).ConfigureAwait(false);
            return source;
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async Task<BlobInfo?> FindAsync(string name, CancellationToken cancellationToken) =>
        await HeadAsync(name, cancellationToken).ConfigureAwait(false) is { } head ? InfoOf(name, head) : null;

    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        BlobName.RequirePrefix(location, prefix);
        string? continuation = null;
        do
        {
            var from = continuation;
            var page = await caller.CallAsync(
                "list",
                (s3, token) => s3.ListObjectsV2Async(
                    new ListObjectsV2Request { BucketName = bucket, Prefix = root + prefix, MaxKeys = PageSize, ContinuationToken = from, Encoding = EncodingType.Url }, token),
                cancellationToken).ConfigureAwait(false);
            foreach (var item in page.S3Objects ?? [])
            {
                // A console's "folder" is an empty object whose name ends in '/': no object of a store is called so.
                var name = Decoded(item.Key, page.Encoding)[root.Length..];
                if (BlobName.IsValid(name))
                {
                    yield return new BlobInfo(name, item.Size ?? 0, UtcOf(item.LastModified));
                }
            }

            continuation = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (continuation is not null);
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => _versions.DeleteAsync(name, KeyOf(name), cancellationToken);

    public Task<BlobRetention?> GetRetentionAsync(string name, CancellationToken cancellationToken) =>
        _versions.GetRetentionAsync(KeyOf(name), version: null, cancellationToken);

    public async IAsyncEnumerable<UnfinishedUpload> ListUnfinishedAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        BlobName.RequirePrefix(location, prefix);
        var (keyMarker, idMarker) = ((string?)null, (string?)null);
        do
        {
            var from = (keyMarker, idMarker);
            var page = await caller.CallAsync(
                "list the unfinished uploads",
                (s3, token) => s3.ListMultipartUploadsAsync(
                    new ListMultipartUploadsRequest
                    {
                        BucketName = bucket,
                        Prefix = root + prefix,
                        MaxUploads = PageSize,
                        KeyMarker = from.keyMarker,
                        UploadIdMarker = from.idMarker,
                        Encoding = EncodingType.Url,
                    },
                    token),
                cancellationToken).ConfigureAwait(false);
            foreach (var upload in page.MultipartUploads ?? [])
            {
                var name = Decoded(upload.Key, page.EncodingType)[root.Length..];
                if (BlobName.IsValid(name))
                {
                    yield return new UnfinishedUpload(name, upload.UploadId, UtcOf(upload.Initiated));
                }
            }

            (keyMarker, idMarker) = page.IsTruncated == true ? (Decoded(page.NextKeyMarker, page.EncodingType), page.NextUploadIdMarker) : (null, null);
        }
        while (keyMarker is not null);
    }

    public Task AbortAsync(UnfinishedUpload upload, CancellationToken cancellationToken) => AbortAsync(KeyOf(upload.Name), upload.Name, upload.Id, cancellationToken);

    /// <summary>Aborts an upload; one that is gone is no error.</summary>
    public async Task AbortAsync(string key, string name, string id, CancellationToken cancellationToken)
    {
        try
        {
            await caller.CallAsync(
                $"abort the upload of '{name}'",
                (s3, token) => s3.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = bucket, Key = key, UploadId = id }, token),
                cancellationToken,
                expected: IsNotFound).ConfigureAwait(false);
        }
        catch (AmazonS3Exception)
        {
            // Completed, or aborted by somebody else.
        }
    }

    /// <summary>What the server tells of an object without its bytes; null where it is not there.</summary>
    public async Task<GetObjectMetadataResponse?> HeadAsync(string name, CancellationToken cancellationToken)
    {
        var key = KeyOf(name);
        try
        {
            return await caller.CallAsync(
                $"look at '{name}'",
                (s3, token) => s3.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = bucket, Key = key }, token),
                cancellationToken,
                expected: IsNotFound).ConfigureAwait(false);
        }
        catch (AmazonS3Exception)
        {
            return null;
        }
    }

    /// <summary>A key of a listing as it is: asked to, servers encode them, because XML holds no control characters. The SDK leaves them so.</summary>
    public static string Decoded(string key, EncodingType? encoding) => encoding == EncodingType.Url ? WebUtility.UrlDecode(key) : key;

    public static BlobInfo InfoOf(string name, GetObjectMetadataResponse head) => new(name, head.ContentLength, UtcOf(head.LastModified));

    public ValueTask DisposeAsync()
    {
        caller.Dispose();
        clients.Dispose();
        return ValueTask.CompletedTask;
    }

    private static DateTimeOffset UtcOf(DateTime? time) => time is { } known ? new DateTimeOffset(known.ToUniversalTime()) : DateTimeOffset.MinValue;

    private string KeyOf(string name) => root + BlobName.Require(location, name);
}
