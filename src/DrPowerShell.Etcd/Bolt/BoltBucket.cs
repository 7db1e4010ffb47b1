using System.Buffers.Binary;

namespace DrPowerShell.Etcd.Bolt;

/// <summary>One bucket of a database: a tree of its own, or a page inside the value that names it.</summary>
public sealed class BoltBucket
{
    private readonly PageCache _cache;
    private readonly PageId _root;
    private readonly byte[]? _inline;

    private BoltBucket(PageCache cache, PageId root, byte[]? inline, ulong sequence)
    {
        _cache = cache;
        _root = root;
        _inline = inline;
        Sequence = sequence;
    }

    /// <summary>The bucket's own counter; etcd never uses it.</summary>
    public ulong Sequence { get; }

    internal PageCache Cache => _cache;

    internal PageId RootPage => _root;

    internal byte[]? Inline => _inline;

    /// <summary>Opens a bucket inside this one, null where there is none of that name.</summary>
    /// <exception cref="SnapshotDamagedException">Its header or a page on the way cannot be read.</exception>
    public BoltBucket? OpenBucket(ReadOnlySpan<byte> name)
    {
        using var cursor = OpenCursor();
        return cursor.Seek(name) && cursor.IsBucket && cursor.Key.SequenceEqual(name) ? FromValue(cursor.Value) : null;
    }

    /// <summary>The value of a key, null where there is none.</summary>
    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        using var cursor = OpenCursor();
        return cursor.Seek(key) && !cursor.IsBucket && cursor.Key.SequenceEqual(key) ? cursor.Value.ToArray() : null;
    }

    /// <summary>A new cursor before the first key.</summary>
    public BoltCursor OpenCursor() => new(this);

    internal static BoltBucket Root(PageCache cache, BoltMeta meta) => new(cache, meta.Root, null, meta.RootSequence);

    internal BoltBucket FromValue(ReadOnlySpan<byte> value)
    {
        if (value.Length < BoltLayout.BucketHeaderSize)
        {
            throw new SnapshotDamagedException(_cache.Name, "BucketHeaderShort", null, $"a bucket's header has {value.Length} bytes.");
        }

        var root = BinaryPrimitives.ReadUInt64LittleEndian(value);
        var sequence = BinaryPrimitives.ReadUInt64LittleEndian(value[8..]);
        if (root != 0)
        {
            return new BoltBucket(_cache, new(root), null, sequence);
        }

        var inline = value[BoltLayout.BucketHeaderSize..].ToArray();
        var page = inline.Length < BoltLayout.HeaderSize ? default : new BoltPage(inline, _cache.Name);
        if (inline.Length < BoltLayout.HeaderSize || page.Kind != PageKind.Leaf || page.Overflow != 0)
        {
            throw new SnapshotDamagedException(_cache.Name, "InlineBucketWrong", null, "an inline bucket is not a plain leaf.");
        }

        page.CheckLayout();

        return new BoltBucket(_cache, default, inline, sequence);
    }
}
