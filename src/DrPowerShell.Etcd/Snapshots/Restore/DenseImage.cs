using System.Buffers.Binary;
using System.Text;
using DrPowerShell.Etcd.Bolt;

namespace DrPowerShell.Etcd.Snapshots.Restore;

/// <summary>
/// Writes a database anew with only what is in use, page after page in key order: the restored member needs no defragmentation.
/// </summary>
internal sealed class DenseImage : IPageSink
{
    private readonly BoltDatabase _database;
    private readonly RestoreEdits _edits;
    private readonly BlockQueue _queue;
    private readonly CancellationToken _cancellationToken;
    private ulong _next = 2;

    public DenseImage(BoltDatabase database, RestoreEdits edits, BlockQueue queue, CancellationToken cancellationToken)
    {
        _database = database;
        _edits = edits;
        _queue = queue;
        _cancellationToken = cancellationToken;
    }

    public int PageSize => _database.Meta.PageSize;

    /// <summary>Builds the image into the queue and returns the meta pages for offset 0 and the image's length.</summary>
    public (byte[] Metas, long Length) Build()
    {
        var root = BucketWriter.WriteRoot(this, _database, _edits, Rewrite);
        _queue.Flush(_cancellationToken);
        return (BucketWriter.Metas(_database.Meta, root, new(_next)), (long)_next * PageSize);
    }

    public PageId Add(Span<byte> bytes)
    {
        var id = new PageId(_next);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, id.Value);
        _queue.Write((long)_next * PageSize, bytes, _cancellationToken);
        _next += (ulong)(bytes.Length / PageSize);
        return id;
    }

    private byte[] Rewrite(string name, byte[] value) =>
        Rewrite(_database.OpenRoot().FromValue(value), value, string.Equals(name, "key", StringComparison.Ordinal), depth: 1);

    private byte[] Rewrite(BoltBucket bucket, byte[] value, bool isKeyBucket, int depth)
    {
        if (depth >= BoltLayout.MaxDepth)
        {
            throw new SnapshotDamagedException(_database.Source.Name, "TreeTooDeep", bucket.RootPage, "buckets are nested too deeply.");
        }

        var bump = isKeyBucket ? _edits.BumpedTo : null;
        if (bucket.Inline is not null && bump is null)
        {
            return value;
        }

        var tree = new BoltTreeBuilder(this);
        using var cursor = bucket.OpenCursor();
        for (var more = cursor.MoveFirst(); more; more = cursor.MoveNext())
        {
            if (cursor.IsBucket)
            {
                var nested = cursor.Value.ToArray();
                tree.Add(BoltLayout.BucketElement, cursor.Key, Rewrite(bucket.FromValue(nested), nested, isKeyBucket: false, depth + 1));
            }
            else
            {
                tree.Add(0, cursor.Key, cursor.Value);
            }
        }

        if (bump is { } row)
        {
            tree.Add(0, row.ToKey(), default);
        }

        return BucketWriter.Header(tree.Finish(), bucket.Sequence);
    }
}
