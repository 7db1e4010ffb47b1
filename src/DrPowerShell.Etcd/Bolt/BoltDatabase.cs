using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Etcd.Bolt;

/// <summary>A bbolt database, read only. For one thread at a time; further readers open their own over the same source.</summary>
public sealed class BoltDatabase
{
    private readonly PageCache _cache;

    // etcd takes the system's: no Linux has larger ones.
    private const int LargestSystemPage = 1 << 16;

    // bbolt's largest databases have some millions of pages; the bits that keep track of them must fit in memory too.
    private const ulong MaxPages = 1UL << 28;

    private BoltDatabase(IByteSource source, BoltMeta meta, string? otherMetaProblem, int cacheCapacity)
    {
        Source = source;
        Meta = meta;
        OtherMetaProblem = otherMetaProblem;
        _cache = new PageCache(source, meta.PageSize, meta.HighWaterMark, cacheCapacity);
    }

    /// <summary>The meta page in force: the valid one of the higher transaction id.</summary>
    public BoltMeta Meta { get; }

    /// <summary>The database's own bytes: pages up to the high-water mark.</summary>
    public long ImageLength => (long)Meta.HighWaterMark.Value * Meta.PageSize;

    internal IByteSource Source { get; }

    internal PageCache Cache => _cache;

    /// <summary>Why the meta page not in force is not valid; null where it is.</summary>
    internal string? OtherMetaProblem { get; }

    /// <summary>Reads the meta pages and chooses between them.</summary>
    /// <exception cref="NotAnEtcdSnapshotException">No meta page is valid.</exception>
    /// <exception cref="SnapshotDamagedException">The file is shorter than its meta page says.</exception>
    public static BoltDatabase Open(IByteSource source) => Open(source, PageCache.DefaultCapacity);

    internal static BoltDatabase Open(IByteSource source, int cacheCapacity)
    {
        var first = ReadMeta(source, 0, 0, out var firstReason);
        BoltMeta? second = null;
        var secondReason = "meta page 1 is missing";
        if (first is not null)
        {
            second = ReadMeta(source, first.PageSize, 1, out secondReason);
        }
        else
        {
            // Page 0 is lost, and with it the page size: bbolt tries each of them (db.go getPageSizeFromSecondMeta).
            for (var size = BoltLayout.MinPageSize; size <= BoltLayout.MaxPageSize && second is null; size <<= 1)
            {
                second = ReadMeta(source, size, 1, out secondReason);
                second = second?.PageSize == size ? second : null;
            }
        }

        var meta = first is null || second?.TransactionId > first.TransactionId ? second : first;
        if (meta is null)
        {
            throw new NotAnEtcdSnapshotException(source.Name, $"{firstReason}, and {secondReason}.");
        }

        if (first is not null && second is not null && first.PageSize != second.PageSize)
        {
            throw new SnapshotDamagedException(
                source.Name, "PageSizeMismatch", null, $"its meta pages state page sizes of {first.PageSize:N0} and {second.PageSize:N0} bytes.");
        }

        var pages = (ulong)source.Length / (ulong)meta.PageSize;
        if (meta.HighWaterMark.Value < 3 || meta.HighWaterMark.Value > pages)
        {
            throw new SnapshotDamagedException(
                source.Name,
                "FileTruncated",
                null,
                $"its meta page counts {meta.HighWaterMark} pages of {meta.PageSize:N0} bytes, the file has room for {pages:N0}: it was cut off.");
        }

        if (meta.HighWaterMark.Value > MaxPages)
        {
            throw new SnapshotDamagedException(source.Name, "FileTooLarge", null, $"it counts {meta.HighWaterMark} pages; at most {MaxPages:N0} are read.");
        }

        return new BoltDatabase(source, meta, first is null ? firstReason : second is null ? secondReason : null, cacheCapacity);
    }

    /// <summary>How many bytes of a file <see cref="HasMeta"/> looks at, at most.</summary>
    public static int HeadLength => LargestSystemPage + BoltLayout.HeaderSize + BoltMeta.Size;

    /// <summary>Whether the beginning of a file holds a valid meta page: without one nothing else of it can be read, and it need not be fetched.</summary>
    /// <param name="head">The first <see cref="HeadLength"/> bytes, or the whole file where it is shorter.</param>
    public static bool HasMeta(ReadOnlySpan<byte> head)
    {
        var found = IsMeta(head, 0, 0, out _);
        for (var size = BoltLayout.MinPageSize; size <= LargestSystemPage && !found; size <<= 1)
        {
            found = IsMeta(head, size, 1, out var pageSize) && pageSize == size;
        }

        return found;

        static bool IsMeta(ReadOnlySpan<byte> head, int offset, int slot, out int pageSize)
        {
            var start = offset + BoltLayout.HeaderSize;
            var meta = head.Length < start + BoltMeta.Size ? null : BoltMeta.TryRead(head.Slice(start, BoltMeta.Size), slot, out _);
            pageSize = meta?.PageSize ?? 0;
            return meta is not null;
        }
    }

    /// <summary>Opens a top-level bucket, null where there is none.</summary>
    public BoltBucket? OpenBucket(ReadOnlySpan<byte> name) => BoltBucket.Root(_cache, Meta).OpenBucket(name);

    /// <summary>The root bucket: its items are the top-level buckets.</summary>
    internal BoltBucket OpenRoot() => BoltBucket.Root(_cache, Meta);

    private static BoltMeta? ReadMeta(IByteSource source, int offset, int slot, out string reason)
    {
        Span<byte> bytes = stackalloc byte[BoltLayout.HeaderSize + BoltMeta.Size];
        if (source.Length < offset + bytes.Length)
        {
            reason = $"meta page {slot} lies beyond the end of the file";
            return null;
        }

        source.ReadExactly(offset, bytes);
        return BoltMeta.TryRead(bytes[BoltLayout.HeaderSize..], slot, out reason);
    }
}
