using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Providers.S3;

/// <summary>Writes an object: what fits into one part by one request, more as parts that are sent side by side.</summary>
internal sealed class S3Upload(S3BlobStore store, string name, string key, BlobPutOptions options) : UploadStream
{
    // Tells our own object from another writer's, where an answer was lost and the repeated request found the name taken.
    private const string MarkName = "x-amz-meta-put-id";
    private const int SmallBuffer = 256 << 10;

    private const int HeadAttempts = 20;

    private static readonly TimeSpan AbortPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan HeadPause = TimeSpan.FromMilliseconds(100);

    private readonly string _mark = Guid.NewGuid().ToString("N");
    private readonly int _firstSize = S3PartSizes.First(options.Length);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _sending = [];
    private readonly List<PartETag> _parts = [];
    private readonly Stack<byte[]> _free = [];
    private byte[] _buffer = [];
    private int _used;
    private int _number = 1;
    private long _length;
    private string? _id;
    private bool _isConditional = options.OnlyIfAbsent;
    private bool _isDone;

    // S3 keeps whole seconds: never less than what was asked.
    private DateTime? RetainUntil => options.Retention is { } asked
        ? new DateTime((asked.Until.UtcTicks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, DateTimeKind.Utc)
        : null;

    private ObjectLockMode? LockMode => options.Retention?.Mode switch { null => null, BlobLockMode.Compliance => ObjectLockMode.Compliance, _ => ObjectLockMode.Governance };

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDone, this);
        while (!buffer.IsEmpty)
        {
            var size = S3PartSizes.Of(_number, _firstSize);
            if (_used == size)
            {
                // Not before there is more: what fits into one part needs no multipart upload.
                await SendAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            MakeRoom(size, buffer.Length);
            var length = Math.Min(buffer.Length, _buffer.Length - _used);
            buffer.Span[..length].CopyTo(_buffer.AsSpan(_used));
            _used += length;
            _length += length;
            buffer = buffer[length..];
        }
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_sending).WaitAsync(cancellationToken).ConfigureAwait(false);
        _sending.Clear();
        ReturnBuffers();
    }

    public override async Task<BlobInfo> CompleteAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDone, this);
        if (_id is not null)
        {
            await SendAsync(cancellationToken).ConfigureAwait(false);
            await Task.WhenAll(_sending).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (options.OnlyIfAbsent && await store.HeadAsync(name, cancellationToken).ConfigureAwait(false) is not null)
            {
                throw new BlobExistsException(store.Location, name);
            }
        }

        var version = await PublishAsync(cancellationToken).ConfigureAwait(false);
        _isDone = true;
        ReturnBuffers();
        if (options.OnlyIfAbsent && version is { Length: > 0 } and not "null")
        {
            await store.Versions.RequireFirstAsync(name, key, version, cancellationToken).ConfigureAwait(false);
        }

        await RequireRetentionAsync(version, cancellationToken).ConfigureAwait(false);
        var head = await HeadSoonAsync(cancellationToken).ConfigureAwait(false);
        return head?.ContentLength == _length
            ? S3BlobStore.InfoOf(name, head)
            : throw new StoreFailedException(store.Location, $"put '{name}'", $"{_length:N0} bytes were sent, and the server holds {head?.ContentLength.ToString("N0", null) ?? "none"}.");
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_isDone)
        {
            _isDone = true;
            await _stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(_sending).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
            if (_id is not null)
            {
                using var limit = new CancellationTokenSource(AbortPatience);
                try
                {
                    await store.AbortAsync(key, name, _id, limit.Token).ConfigureAwait(false);
                }
                catch (Exception e) when (e is DrPowerShell.Etcd.Errors.RecoveryException or OperationCanceledException)
                {
                    // It stays as an unfinished upload, which is collected later; what brought us here is the news.
                }
            }
        }

        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    // While the losers of a race take their versions away, Ceph 16 says for a moment that there is none at all.
    private async Task<GetObjectMetadataResponse?> HeadSoonAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await store.HeadAsync(name, cancellationToken).ConfigureAwait(false) is var head && (head is not null || attempt == HeadAttempts))
            {
                return head;
            }

            await Task.Delay(HeadPause, cancellationToken).ConfigureAwait(false);
        }
    }

    private void MakeRoom(int size, int wanted)
    {
        if (_used < _buffer.Length)
        {
            return;
        }

        // Manifests and marks are small: they do not cost a part's memory each.
        var next = _number > 1 ? size : (int)Math.Min(size, Math.Max(Math.Max(2L * _buffer.Length, SmallBuffer), (long)_used + wanted));
        if (next < S3PartSizes.Smallest)
        {
            Array.Resize(ref _buffer, next);
            return;
        }

        var larger = IdleBuffers.Rent(next);
        _buffer.AsSpan(0, _used).CopyTo(larger);
        _buffer = larger;
    }

    // Only what was sent and answered: a request that was given up may be read from still.
    private void ReturnBuffers()
    {
        lock (_free)
        {
            while (_free.TryPop(out var sent))
            {
                IdleBuffers.Return(sent);
            }
        }
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        if (_used > 0)
        {
            _id ??= await BeginAsync(cancellationToken).ConfigureAwait(false);
            var (number, part, length) = (_number++, _buffer, _used);
            _sending.Add(Task.Run(() => SendPartAsync(number, part, length), CancellationToken.None));
            _used = 0;
            _buffer = [];
        }

        var size = S3PartSizes.Of(_number, _firstSize);
        while (_sending.Count > S3PartSizes.InFlight(size) || _sending.Exists(t => t.IsFaulted))
        {
            var ended = await Task.WhenAny(_sending).WaitAsync(cancellationToken).ConfigureAwait(false);
            // A part that failed for good stays in the list: whatever is called next fails with it too.
            await ended.ConfigureAwait(false);
            _sending.Remove(ended);
        }

        lock (_free)
        {
            _buffer = _free.TryPop(out var free) && free.Length == size ? free : [];
        }
    }

    private async Task<string> BeginAsync(CancellationToken cancellationToken)
    {
        var request = new InitiateMultipartUploadRequest { BucketName = store.Bucket, Key = key, ObjectLockMode = LockMode, ObjectLockRetainUntilDate = RetainUntil };
        request.Metadata[MarkName] = _mark;
        return (await AskAsync((s3, token) => s3.InitiateMultipartUploadAsync(request, token), 0, expected: null, cancellationToken).ConfigureAwait(false)).UploadId;
    }

    private async Task SendPartAsync(int number, byte[] part, int length)
    {
        var digest = Digest(part, length);
        var answer = await store.Caller.CallAsync(
            $"put part {number} of '{name}'",
            (s3, token) => s3.UploadPartAsync(
                new UploadPartRequest
                {
                    BucketName = store.Bucket,
                    Key = key,
                    UploadId = _id,
                    PartNumber = number,
                    InputStream = new MemoryStream(part, 0, length, writable: false),
                    PartSize = length,
                    MD5Digest = digest,
                    DisablePayloadSigning = IsUnsigned(digest),
                    UseChunkEncoding = false,
                },
                token),
            _stop.Token,
            length).ConfigureAwait(false);
        lock (_free)
        {
            _parts.Add(new PartETag(number, answer.ETag));
            _free.Push(part);
        }
    }

    // Makes the object appear; its version where versions are kept.
    private async Task<string?> PublishAsync(CancellationToken cancellationToken)
    {
        var attempts = 0;
        try
        {
            if (_id is null)
            {
                var digest = Digest(_buffer, _used);
                return (await AskAsync((s3, token) => s3.PutObjectAsync(Put(digest, ref attempts), token), _used, IsAnswer, cancellationToken).ConfigureAwait(false)).VersionId;
            }

            var request = new CompleteMultipartUploadRequest { BucketName = store.Bucket, Key = key, UploadId = _id, IfNoneMatch = _isConditional ? "*" : null };
            request.AddPartETags(_parts.OrderBy(p => p.PartNumber));
            return (await AskAsync(
                (s3, token) =>
                {
                    attempts++;
                    return s3.CompleteMultipartUploadAsync(request, token);
                },
                _length / 10, // servers put the parts together first, which takes them a while
                e => IsAnswer(e) || e.ErrorCode == "NoSuchUpload",
                cancellationToken).ConfigureAwait(false)).VersionId;
        }
        catch (AmazonS3Exception e) when (_isConditional && e.StatusCode == HttpStatusCode.NotImplemented)
        {
            // The server knows no condition: a look before has to do, and of two at the same moment the later one wins.
            _isConditional = false;
            return await store.HeadAsync(name, cancellationToken).ConfigureAwait(false) is null
                ? await PublishAsync(cancellationToken).ConfigureAwait(false)
                : throw new BlobExistsException(store.Location, name);
        }
        catch (AmazonS3Exception e)
        {
            // An earlier attempt may have succeeded, and only its answer was lost.
            if (attempts > 1 && await store.HeadAsync(name, cancellationToken).ConfigureAwait(false) is { } there && there.Metadata[MarkName] == _mark)
            {
                return there.VersionId;
            }

            throw IsConditionMissed(e)
                ? new BlobExistsException(store.Location, name)
                : new StoreFailedException(store.Location, $"complete '{name}'", "the upload was aborted by somebody else.", e);
        }
    }

    private PutObjectRequest Put(string? digest, ref int attempts)
    {
        attempts++;
        var request = new PutObjectRequest
        {
            BucketName = store.Bucket,
            Key = key,
            InputStream = new MemoryStream(_buffer, 0, _used, writable: false),
            IfNoneMatch = _isConditional ? "*" : null,
            ObjectLockMode = LockMode,
            ObjectLockRetainUntilDate = RetainUntil,
            MD5Digest = digest,
            DisablePayloadSigning = IsUnsigned(digest),
            UseChunkEncoding = false,
        };
        request.Metadata[MarkName] = _mark;
        return request;
    }

    private async Task<T> AskAsync<T>(Func<IAmazonS3, CancellationToken, Task<T>> call, long bytes, Func<AmazonS3Exception, bool>? expected, CancellationToken cancellationToken)
    {
        bool RefusesLock(AmazonS3Exception e) =>
            options.Retention is not null && (e.ErrorCode is "InvalidRequest" or "NotImplemented" or "InvalidBucketState" or "ObjectLockConfigurationNotFoundError");

        try
        {
            return await store.Caller.CallAsync($"put '{name}'", call, cancellationToken, bytes, e => RefusesLock(e) || expected?.Invoke(e) == true).ConfigureAwait(false);
        }
        catch (AmazonS3Exception e) when (RefusesLock(e) && expected?.Invoke(e) != true)
        {
            throw new LockNotHonouredException(store.Location, name, $"the server answered {store.Caller.Failures.Masked($"{e.ErrorCode}, {e.Message}")}");
        }
    }

    private async Task RequireRetentionAsync(string? version, CancellationToken cancellationToken)
    {
        if (options.Retention is not { } asked)
        {
            return;
        }

        var kept = await store.Versions.GetRetentionAsync(key, version, cancellationToken).ConfigureAwait(false);
        if (!Suffices(kept, asked))
        {
            // Ceph 16 ignores the lock that a multipart upload is begun with; asked for afterwards it keeps it.
            await store.Versions.TryRetainAsync(key, version, asked.Mode, RetainUntil!.Value, cancellationToken).ConfigureAwait(false);
            kept = await store.Versions.GetRetentionAsync(key, version, cancellationToken).ConfigureAwait(false);
        }

        if (!Suffices(kept, asked))
        {
            try
            {
                await store.Versions.DeleteAsync(name, key, version, cancellationToken).ConfigureAwait(false);
            }
            catch (DrPowerShell.Etcd.Errors.RecoveryException)
            {
                // It cannot be removed either; that it is not locked as asked is the news.
            }

            throw new LockNotHonouredException(
                store.Location, name, kept is null ? "it answered that it would, and the object is not retained." : $"the object is retained until {kept.Until:u} in mode {kept.Mode} only.");
        }
    }

    private static bool Suffices([NotNullWhen(true)] BlobRetention? kept, BlobRetention asked) =>
        kept is not null && kept.Until >= asked.Until && (asked.Mode == BlobLockMode.Governance || kept.Mode == BlobLockMode.Compliance);

    private static bool IsConditionMissed(AmazonS3Exception error) => error.StatusCode == HttpStatusCode.PreconditionFailed;

    private bool IsAnswer(AmazonS3Exception error) => IsConditionMissed(error) || (_isConditional && error.StatusCode == HttpStatusCode.NotImplemented);

    private bool IsUnsigned(string? digest) => store.IsSecure && digest is not null;

    // S3 asks for it wherever objects are locked, and the server notices bytes that changed on their way. TLS spares the signed SHA-256 then.
    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "Content-MD5 is S3's checksum; nothing is trusted for it.")]
    private string? Digest(byte[] bytes, int length)
    {
        if (!store.IsSecure && options.Retention is null && _id is not null)
        {
            return null; // Its SHA-256 is signed.
        }

        try
        {
            return Convert.ToBase64String(MD5.HashData(bytes.AsSpan(0, length)));
        }
        catch (CryptographicException)
        {
            return null; // FIPS mode knows no MD5.
        }
    }
}
