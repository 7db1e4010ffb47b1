using System.Buffers.Binary;
using System.Text;
using DrPowerShell.Etcd.Bolt;

namespace DrPowerShell.Etcd.Snapshots.Restore;

/// <summary>Writes buckets and the root that names them.</summary>
internal static class BucketWriter
{
    /// <summary>The value that names a bucket: inline where the items are few, else with a tree of its own.</summary>
    public static byte[] Write(IPageSink sink, IReadOnlyCollection<(byte[] Key, byte[] Value)> items)
    {
        if (BoltTreeBuilder.TryEncodeInline(sink.PageSize, items) is { } inline)
        {
            return [.. new byte[BoltLayout.BucketHeaderSize], .. inline];
        }

        var tree = new BoltTreeBuilder(sink);
        foreach (var (key, value) in items)
        {
            tree.Add(0, key, value);
        }

        return Header(tree.Finish(), 0);
    }

    public static byte[] Header(PageId root, ulong sequence)
    {
        var header = new byte[BoltLayout.BucketHeaderSize];
        BinaryPrimitives.WriteUInt64LittleEndian(header, root.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), sequence);
        return header;
    }

    /// <summary>Writes the root bucket: what <paramref name="write"/> makes of each bucket that was there, and the edits' own.</summary>
    public static PageId WriteRoot(IPageSink sink, BoltDatabase database, RestoreEdits edits, Func<string, byte[], byte[]> write)
    {
        // Latin-1 keeps any byte of a name apart and in order.
        var values = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        using (var cursor = database.OpenRoot().OpenCursor())
        {
            for (var more = cursor.MoveFirst(); more; more = cursor.MoveNext())
            {
                values[Encoding.Latin1.GetString(cursor.Key)] = cursor.Value.ToArray();
            }
        }

        foreach (var name in edits.Names)
        {
            values[name] = [];
        }

        var root = new BoltTreeBuilder(sink);
        foreach (var (name, value) in values)
        {
            root.Add(BoltLayout.BucketElement, Encoding.Latin1.GetBytes(name), edits.ItemsOf(name) is { } items ? Write(sink, items) : write(name, value));
        }

        return root.Finish();
    }

    /// <summary>The two meta pages of a finished image: the older transaction's meta has the same root, as in a snapshot that etcd streams.</summary>
    public static byte[] Metas(BoltMeta before, PageId root, PageId highWaterMark)
    {
        var bytes = new byte[2 * before.PageSize];
        var transaction = before.TransactionId + 1;
        for (ulong i = 0; i < 2; i++)
        {
            var slot = (int)((transaction - i) % 2);
            var page = bytes.AsSpan(slot * before.PageSize, before.PageSize);
            BoltLayout.WriteHeader(page, (ulong)slot, PageKind.Meta, 0, 0);
            var meta = before with
            {
                Slot = slot,
                Root = root,
                Freelist = new(BoltMeta.NoFreelist),
                HighWaterMark = highWaterMark,
                TransactionId = transaction - i,
            };
            meta.Write(page[BoltLayout.HeaderSize..]);
        }

        return bytes;
    }
}
