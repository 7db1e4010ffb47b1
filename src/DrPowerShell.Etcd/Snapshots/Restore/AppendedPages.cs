using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Mvcc;

namespace DrPowerShell.Etcd.Snapshots.Restore;

/// <summary>
/// A restore's changes as pages behind the image's last one, and the metas that put them in force: a commit as bbolt makes it, without
/// touching a page that is there. The freelist is not persisted; bbolt rebuilds it when it opens the file.
/// </summary>
internal sealed class AppendedPages : IPageSink
{
    private readonly BoltDatabase _database;
    private readonly ArrayBufferWriter<byte> _pages = new();

    private AppendedPages(BoltDatabase database)
    {
        _database = database;
    }

    public int PageSize => _database.Meta.PageSize;

    /// <summary>The offset of the appended pages.</summary>
    public long Offset => _database.ImageLength;

    public ReadOnlySpan<byte> Bytes => _pages.WrittenSpan;

    /// <summary>The new meta pages, for offset 0.</summary>
    public byte[] Metas { get; private set; } = [];

    /// <summary>The length of the database with the appended pages.</summary>
    public long Length => Offset + _pages.WrittenCount;

    public static AppendedPages Build(BoltDatabase database, RestoreEdits edits)
    {
        var pages = new AppendedPages(database);
        var root = BucketWriter.WriteRoot(pages, database, edits, (name, value) =>
            edits.BumpedTo is { } bumped && string.Equals(name, "key", StringComparison.Ordinal) ? pages.AppendRow(value, bumped) : value);
        pages.Metas = BucketWriter.Metas(database.Meta, root, new((ulong)(pages.Length / pages.PageSize)));
        return pages;
    }

    public PageId Add(Span<byte> bytes)
    {
        var id = new PageId((ulong)(Length / PageSize));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, id.Value);
        _pages.Write(bytes);
        return id;
    }

    // The row comes after all others, so only the right-most path of the tree changes: its branches are copied, and a leaf is added.
    private byte[] AppendRow(ReadOnlySpan<byte> bucketValue, Revision row)
    {
        var bucket = _database.OpenRoot().FromValue(bucketValue);
        if (bucket.Inline is not null)
        {
            var items = new List<(byte[], byte[])>();
            using var cursor = bucket.OpenCursor();
            for (var more = cursor.MoveFirst(); more; more = cursor.MoveNext())
            {
                items.Add((cursor.Key.ToArray(), cursor.Value.ToArray()));
            }

            items.Add((row.ToKey(), []));
            return BucketWriter.Write(this, items);
        }

        var leaf = new BoltTreeBuilder(this);
        leaf.Add(0, row.ToKey(), default);
        var added = leaf.Finish();
        var children = Replace(bucket.RootPage, row, added, depth: 0);
        return BucketWriter.Header(children.Count == 1 ? children[0].Page : WriteBranch(children), bucket.Sequence);
    }

    // What stands in the place of a page in its parent: a leaf stays and gets a neighbour, a branch is written anew.
    private List<(byte[] Key, PageId Page)> Replace(PageId id, Revision row, PageId added, int depth)
    {
        var pin = _database.Cache.Pin(id);
        try
        {
            var page = pin.Page;
            if (depth >= BoltLayout.MaxDepth || (page.Kind == PageKind.Branch && page.Count == 0))
            {
                throw new SnapshotDamagedException(_database.Source.Name, "TreeTooDeep", id, "the right-most pages of bucket 'key' lead nowhere.");
            }

            // The count is 16 bits wide, and bbolt splits a page long before.
            if (page.Kind == PageKind.Branch && page.Count == ushort.MaxValue)
            {
                throw new SnapshotDamagedException(_database.Source.Name, "BranchTooWide", id, "a branch page has more children than bbolt gives one.");
            }

            if (page.Kind == PageKind.Leaf)
            {
                if (page.Count == 0)
                {
                    return [(row.ToKey(), added)];
                }

                page.Leaf(0, out _, out var first, out _);
                return [(first.ToArray(), id), (row.ToKey(), added)];
            }

            var children = new List<(byte[] Key, PageId Page)>(page.Count + 1);
            for (var i = 0; i < page.Count - 1; i++)
            {
                page.Branch(i, out var key, out var child);
                children.Add((key.ToArray(), child));
            }

            page.Branch(page.Count - 1, out var lastKey, out var lastChild);
            var replaced = Replace(lastChild, row, added, depth + 1);
            replaced[0] = (lastKey.ToArray(), replaced[0].Page);
            children.AddRange(replaced);
            return [(children[0].Key, WriteBranch(children))];
        }
        finally
        {
            PageCache.Unpin(pin);
        }
    }

    // One page, with an overflow page where the added child finds no room: bbolt splits it at its own next commit.
    private PageId WriteBranch(List<(byte[] Key, PageId Page)> children)
    {
        var size = BoltLayout.HeaderSize + children.Sum(c => BoltLayout.ElementSize + c.Key.Length);
        var bytes = new byte[(size + PageSize - 1) / PageSize * PageSize];
        BoltLayout.WriteHeader(bytes, 0, PageKind.Branch, children.Count, (uint)((bytes.Length / PageSize) - 1));
        var at = BoltLayout.HeaderSize;
        var data = BoltLayout.HeaderSize + (children.Count * BoltLayout.ElementSize);
        foreach (var (key, page) in children)
        {
            BoltLayout.WriteBranchElement(bytes.AsSpan(at), data - at, key.Length, page.Value);
            key.CopyTo(bytes, data);
            at += BoltLayout.ElementSize;
            data += key.Length;
        }

        return Add(bytes);
    }
}
