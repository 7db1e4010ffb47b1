using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Providers.S3;

/// <summary>The versions of objects, and what retains them.</summary>
internal sealed class S3Versions(Uri store, string bucket, S3Caller caller)
{
    private bool? _areKept;

    /// <summary>Removes an object with all its versions.</summary>
    /// <exception cref="BlobLockedException">A version is retained; what the name shows is untouched then.</exception>
    public async Task DeleteAsync(string name, string key, CancellationToken cancellationToken)
    {
        var versions = await AreKeptAsync(cancellationToken).ConfigureAwait(false) ? await ListAsync(name, key, cancellationToken).ConfigureAwait(false) : null;
        if (versions is null)
        {
            await DeleteAsync(name, key, version: null, cancellationToken).ConfigureAwait(false);
            return;
        }

        var isGone = versions is [{ IsDeleteMarker: true }, ..];
        // The oldest first: whatever stops this, the name shows the same object as before. Markers last, or an old version would be seen again.
        foreach (var version in versions.Where(v => v.IsDeleteMarker != true).Reverse().Concat(versions.Where(v => v.IsDeleteMarker == true)))
        {
            try
            {
                await DeleteAsync(name, key, version.VersionId, cancellationToken).ConfigureAwait(false);
            }
            catch (BlobLockedException) when (isGone)
            {
                return; // Somebody marked it as deleted: it is not there, and what is retained stays until its time.
            }
        }
    }

    /// <summary>Removes one version, for good.</summary>
    /// <exception cref="BlobLockedException">It is retained.</exception>
    public async Task DeleteAsync(string name, string key, string? version, CancellationToken cancellationToken)
    {
        var act = $"remove '{name}'";
        try
        {
            await caller.CallAsync(
                act,
                (s3, token) => s3.DeleteObjectAsync(new DeleteObjectRequest { BucketName = bucket, Key = key, VersionId = version }, token),
                cancellationToken,
                expected: e => S3BlobStore.IsNotFound(e) || e.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Conflict || e.ErrorCode == "ObjectLocked").ConfigureAwait(false);
        }
        catch (AmazonS3Exception e) when (S3BlobStore.IsNotFound(e))
        {
        }
        catch (AmazonS3Exception e)
        {
            // Servers tell a lock as plain AccessDenied: only the retention itself tells it from missing rights.
            var retention = await GetRetentionAsync(key, version, cancellationToken).ConfigureAwait(false);
            throw retention?.Until > TimeProvider.System.GetUtcNow() || e.ErrorCode == "ObjectLocked"
                ? new BlobLockedException(store, name, retention?.Until)
                : caller.Failures.Typed(act, e);
        }
    }

    /// <summary>How long a version is retained, or the newest one where none is named; null where it is not.</summary>
    public async Task<BlobRetention?> GetRetentionAsync(string key, string? version, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await caller.CallAsync(
                "read the retention",
                (s3, token) => s3.GetObjectRetentionAsync(new GetObjectRetentionRequest { BucketName = bucket, Key = key, VersionId = version }, token),
                cancellationToken,
                expected: e => S3BlobStore.IsNotFound(e) || HasNoLocks(e)).ConfigureAwait(false);
            return answer.Retention is { RetainUntilDate: { } until, Mode: { } mode }
                ? new(mode == ObjectLockRetentionMode.Compliance ? BlobLockMode.Compliance : BlobLockMode.Governance, new DateTimeOffset(until.ToUniversalTime()))
                : null;
        }
        catch (AmazonS3Exception)
        {
            return null;
        }
    }

    /// <summary>Asks that a version be retained; whether it is must be read back.</summary>
    public async Task TryRetainAsync(string key, string? version, BlobLockMode mode, DateTime until, CancellationToken cancellationToken)
    {
        var retention = new ObjectLockRetention
        {
            Mode = mode == BlobLockMode.Compliance ? ObjectLockRetentionMode.Compliance : ObjectLockRetentionMode.Governance,
            RetainUntilDate = until,
        };
        try
        {
            await caller.CallAsync(
                "retain",
                (s3, token) => s3.PutObjectRetentionAsync(new PutObjectRetentionRequest { BucketName = bucket, Key = key, VersionId = version, Retention = retention }, token),
                cancellationToken,
                expected: e => e.StatusCode is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError or HttpStatusCode.NotImplemented).ConfigureAwait(false);
        }
        catch (AmazonS3Exception)
        {
        }
    }

    /// <summary>
    /// Of several versions that were put at once under a name that had to be new, only the oldest counts. Some servers (Ceph 16) ignore the
    /// condition wherever versions are kept, so that this is looked at after the put.
    /// </summary>
    /// <exception cref="BlobExistsException">Another one was first; ours is removed again.</exception>
    public async Task RequireFirstAsync(string name, string key, string version, CancellationToken cancellationToken)
    {
        if (await ListAsync(name, key, cancellationToken).ConfigureAwait(false) is { } versions
            && versions.TakeWhile(v => v.IsDeleteMarker != true).LastOrDefault() is { } first
            && first.VersionId != version)
        {
            try
            {
                await DeleteAsync(name, key, version, cancellationToken).ConfigureAwait(false);
            }
            catch (BlobLockedException)
            {
                // It is retained already, and stays: the news is the same.
            }

            throw new BlobExistsException(store, name);
        }
    }

    // The versions of exactly this name, the newest first; null where the server lists none or forbids it.
    private async Task<IReadOnlyList<S3ObjectVersion>?> ListAsync(string name, string key, CancellationToken cancellationToken)
    {
        var found = new List<S3ObjectVersion>();
        var (keyMarker, versionMarker) = ((string?)null, (string?)null);
        try
        {
            do
            {
                var from = (keyMarker, versionMarker);
                var page = await caller.CallAsync(
                    $"list the versions of '{name}'",
                    (s3, token) => s3.ListVersionsAsync(
                        new ListVersionsRequest { BucketName = bucket, Prefix = key, KeyMarker = from.keyMarker, VersionIdMarker = from.versionMarker, Encoding = EncodingType.Url }, token),
                    cancellationToken,
                    expected: e => e.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.NotImplemented or HttpStatusCode.MethodNotAllowed).ConfigureAwait(false);
                found.AddRange((page.Versions ?? []).Where(v => string.Equals(S3BlobStore.Decoded(v.Key, page.Encoding), key, StringComparison.Ordinal)));
                // Names are listed in their order: behind the first longer one there is no more of ours.
                var isPast = page.Versions is [.., { Key: var last }] && !string.Equals(S3BlobStore.Decoded(last, page.Encoding), key, StringComparison.Ordinal);
                (keyMarker, versionMarker) = page.IsTruncated == true && !isPast ? (S3BlobStore.Decoded(page.NextKeyMarker, page.Encoding), page.NextVersionIdMarker) : (null, null);
            }
            while (keyMarker is not null);
        }
        catch (AmazonS3Exception)
        {
            return null;
        }

        return found;
    }

    private async Task<bool> AreKeptAsync(CancellationToken cancellationToken)
    {
        try
        {
            return _areKept ??= await caller.CallAsync(
                "ask whether versions are kept",
                async (s3, token) => (await s3.GetBucketVersioningAsync(new GetBucketVersioningRequest { BucketName = bucket }, token).ConfigureAwait(false)).VersioningConfig?.Status is { } status
                    && (status == VersionStatus.Enabled || status == VersionStatus.Suspended),
                cancellationToken,
                expected: e => e.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.NotImplemented or HttpStatusCode.MethodNotAllowed).ConfigureAwait(false);
        }
        catch (AmazonS3Exception)
        {
            // Unknown: the versions themselves are asked for then.
            return true;
        }
    }

    private static bool HasNoLocks(AmazonS3Exception error) =>
        error.ErrorCode is "InvalidRequest" or "NoSuchObjectLockConfiguration" or "ObjectLockConfigurationNotFoundError" or "NotImplemented" or "MethodNotAllowed"
        || error.StatusCode is HttpStatusCode.NotImplemented or HttpStatusCode.MethodNotAllowed;
}
