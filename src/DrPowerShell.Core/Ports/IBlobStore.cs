namespace DrPowerShell.Core.Ports;

/// <summary>
/// A place for named objects: a folder, a bucket's prefix, a folder behind SSH. Names are relative, with '/' between their parts. Thread safe.
/// </summary>
/// <remarks>
/// A reader sees a whole object or none, whatever happens to the writer. Every failure is a <c>RecoveryException</c> of the folder
/// Repositories/Errors; short disturbances (a refused connection, 500, 503, a timeout) are retried with backoff before they are told.
/// </remarks>
public interface IBlobStore : IAsyncDisposable
{
    /// <summary>Where it is, without any secret.</summary>
    Uri Location { get; }

    /// <summary>Whether <see cref="ListAsync"/> gives names in ordinal order, so that what comes first can be shown before the rest is known.</summary>
    bool ListsInOrder => false;

    /// <summary>Begins an object, which appears under its name when <see cref="UploadStream.CompleteAsync"/> has returned, at once and whole.</summary>
    Task<UploadStream> BeginPutAsync(string name, BlobPutOptions options, CancellationToken cancellationToken);

    /// <summary>Reads an object, or a part of it.</summary>
    /// <param name="name">The object.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">How many bytes at most; null for all that follow.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DrPowerShell.Core.Repositories.Errors.BlobNotFoundException">There is no such object.</exception>
    Task<Stream> OpenReadAsync(string name, long offset, long? length, CancellationToken cancellationToken);

    /// <summary>Looks at one object; null where there is none.</summary>
    Task<BlobInfo?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>The objects whose names begin with a prefix, in no promised order, a page at a time. What is being uploaded is not among them.</summary>
    IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Removes an object; one that is not there is no error.</summary>
    /// <exception cref="DrPowerShell.Core.Repositories.Errors.BlobLockedException">It is retained until a later time.</exception>
    Task DeleteAsync(string name, CancellationToken cancellationToken);

    /// <summary>Reads back how long an object is retained; null where it is not, or where the store has no locks.</summary>
    Task<BlobRetention?> GetRetentionAsync(string name, CancellationToken cancellationToken);

    /// <summary>Uploads that were begun and not completed: under way in some process, or abandoned.</summary>
    IAsyncEnumerable<UnfinishedUpload> ListUnfinishedAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Throws away what an unfinished upload has stored.</summary>
    Task AbortAsync(UnfinishedUpload upload, CancellationToken cancellationToken);
}

/// <summary>A stored object.</summary>
/// <param name="Name">Its name in the store.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Modified">When it appeared, by the store's own clock, UTC.</param>
public sealed record BlobInfo(string Name, long Size, DateTimeOffset Modified);

/// <summary>An upload that is not completed.</summary>
/// <param name="Name">The object that it was begun for.</param>
/// <param name="Id">What the store calls the upload.</param>
/// <param name="Started">When it was begun, or last written to, by the store's own clock, UTC.</param>
public sealed record UnfinishedUpload(string Name, string Id, DateTimeOffset Started);

/// <summary>Until when an object can neither be changed nor removed.</summary>
public sealed record BlobRetention(BlobLockMode Mode, DateTimeOffset Until);

/// <summary>The modes of S3 Object Lock.</summary>
public enum BlobLockMode
{
    /// <summary>Users with a special right may shorten it.</summary>
    Governance,

    /// <summary>Nobody may.</summary>
    Compliance,
}

/// <summary>How an object is put.</summary>
public sealed record BlobPutOptions
{
    /// <summary>Fail with BlobExists where the name is taken; else an object of that name is replaced.</summary>
    public bool OnlyIfAbsent { get; init; }

    /// <summary>Retain the object; the store must have answered that it does (read back), or the put fails with LockNotHonoured.</summary>
    public BlobRetention? Retention { get; init; }

    /// <summary>The length, where it is known beforehand: lets a store choose the size of its parts.</summary>
    public long? Length { get; init; }
}

/// <summary>
/// The writing end of an object. Disposed without having been completed it leaves nothing. A flush hands what was written to the store and
/// lets go of the memory for it: the caller will be a while.
/// </summary>
public abstract class UploadStream : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Makes the object appear under its name: everything is stored durably when this returns.</summary>
    public abstract Task<BlobInfo> CompleteAsync(CancellationToken cancellationToken);

    public abstract override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Throws away what was written, unless it was completed.</summary>
    public abstract override ValueTask DisposeAsync();

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();
}
