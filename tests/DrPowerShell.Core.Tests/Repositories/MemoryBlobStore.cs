using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Core.Tests.Repositories;

/// <summary>A store in memory with a clock of its own, object locks and unfinished uploads.</summary>
internal sealed class MemoryBlobStore(TimeProvider clock) : IBlobStore
{
    private readonly ConcurrentDictionary<string, Blob> _blobs = new(StringComparer.Ordinal);

    public Uri Location { get; } = new("s3://memory/test");

    public ConcurrentDictionary<string, UnfinishedUpload> Unfinished { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Names => [.. _blobs.Keys.Order(StringComparer.Ordinal)];

    public byte[] this[string name]
    {
        get => _blobs[name].Bytes;
        set => _blobs[name] = new(value, clock.GetUtcNow(), RetainAll is { } span ? new(BlobLockMode.Compliance, clock.GetUtcNow() + span) : null);
    }

    /// <summary>Retains every object, as a bucket with a default retention does; a put is a new version.</summary>
    public TimeSpan? RetainAll { get; init; }

    public void Retain(string name, DateTimeOffset until) => _blobs[name] = _blobs[name] with { Retention = new(BlobLockMode.Compliance, until) };

    public Task<UploadStream> BeginPutAsync(string name, BlobPutOptions options, CancellationToken cancellationToken)
    {
        if (options.OnlyIfAbsent && _blobs.ContainsKey(name))
        {
            throw new BlobExistsException(Location, name);
        }

        var id = Guid.NewGuid().ToString("N");
        Unfinished[id] = new(name, id, clock.GetUtcNow());
        return Task.FromResult<UploadStream>(new Upload(this, name, id, options));
    }

    public Task<Stream> OpenReadAsync(string name, long offset, long? length, CancellationToken cancellationToken)
    {
        var bytes = _blobs.TryGetValue(name, out var blob) ? blob.Bytes : throw new BlobNotFoundException(Location, name);
        var from = (int)Math.Min(offset, bytes.Length);
        return Task.FromResult<Stream>(new MemoryStream(bytes, from, (int)Math.Min(length ?? long.MaxValue, bytes.Length - from), writable: false));
    }

    public Task<BlobInfo?> FindAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult(_blobs.TryGetValue(name, out var blob) ? new BlobInfo(name, blob.Bytes.Length, blob.Modified) : null);

    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var (name, blob) in _blobs.Where(b => b.Key.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(b => b.Key, StringComparer.Ordinal))
        {
            yield return new(name, blob.Bytes.Length, blob.Modified);
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        if (_blobs.TryGetValue(name, out var blob) && blob.Retention is { } locked && locked.Until > clock.GetUtcNow())
        {
            throw new BlobLockedException(Location, name, locked.Until);
        }

        _blobs.TryRemove(name, out _);
        return Task.CompletedTask;
    }

    public Task<BlobRetention?> GetRetentionAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult(_blobs.TryGetValue(name, out var blob) ? blob.Retention : null);

    public async IAsyncEnumerable<UnfinishedUpload> ListUnfinishedAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var upload in Unfinished.Values.Where(u => u.Name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            yield return upload;
        }
    }

    public Task AbortAsync(UnfinishedUpload upload, CancellationToken cancellationToken)
    {
        Unfinished.TryRemove(upload.Id, out _);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed record Blob(byte[] Bytes, DateTimeOffset Modified, BlobRetention? Retention);

    private sealed class Upload(MemoryBlobStore store, string name, string id, BlobPutOptions options) : UploadStream
    {
        private readonly MemoryStream _bytes = new();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _bytes.WriteAsync(buffer, cancellationToken);

        public override async Task<BlobInfo> CompleteAsync(CancellationToken cancellationToken)
        {
            store[name] = _bytes.ToArray();
            if (options.Retention is { } retention)
            {
                store.Retain(name, retention.Until);
            }

            store.Unfinished.TryRemove(id, out _);
            return (await store.FindAsync(name, cancellationToken))!;
        }

        public override ValueTask DisposeAsync()
        {
            store.Unfinished.TryRemove(id, out _);
            return ValueTask.CompletedTask;
        }
    }
}
