using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DrPowerShell.Etcd.Tests.Bolt;

/// <summary>
/// Writes bbolt databases page by page, sound ones and broken ones. It shares no code with the product, so that both can be wrong only apart.
/// </summary>
internal sealed class DatabaseWriter(int pageSize = 4096, Stream? stream = null)
{
    public const ushort Branch = 1, LeafPage = 2, Freelist = 0x10;
    public const ulong NoFreelist = ulong.MaxValue;

    private readonly Stream _stream = stream ?? new MemoryStream();

    public int PageSize => pageSize;

    /// <summary>The next page that has not been given away.</summary>
    public ulong Next { get; private set; } = 2;

    public ulong TransactionId { get; init; } = 7;

    /// <summary>Takes pages to be written later, or never.</summary>
    public ulong Reserve(int pages = 1)
    {
        var id = Next;
        Next += (ulong)pages;
        return id;
    }

    /// <summary>Writes a page at its place, without a look at what it says.</summary>
    public void Write(ulong id, ReadOnlySpan<byte> page)
    {
        _stream.Position = (long)id * pageSize;
        _stream.Write(page);
    }

    public ulong Leaf(params Item[] items) => Add(LeafBytes(items));

    public ulong BranchOf(params (byte[] Key, ulong Child)[] children) => Add(BranchBytes(children));

    /// <summary>Writes sorted items as a tree with as many levels as it takes, and returns its root.</summary>
    public ulong Tree(IEnumerable<Item> items, int perPage = int.MaxValue)
    {
        var level = new List<(byte[] Key, ulong Page)>();
        foreach (var group in Pack(items, i => 16 + i.Key.Length + i.Value.Length, perPage))
        {
            level.Add((group[0].Key, Leaf([.. group])));
        }

        if (level.Count == 0)
        {
            return Leaf();
        }

        while (level.Count > 1)
        {
            level = [.. Pack(level, c => 16 + c.Key.Length, perPage).Select(group => (group[0].Key, BranchOf([.. group])))];
        }

        return level[0].Page;
    }

    /// <summary>Adds a page, or several with overflow, and puts its number into its header.</summary>
    public ulong Add(byte[] bytes)
    {
        var pages = Math.Max(1, (bytes.Length + pageSize - 1) / pageSize);
        var id = Reserve(pages);
        var page = new byte[pages * pageSize];
        bytes.CopyTo(page, 0);
        SetHeader(page, id, overflow: (uint)(pages - 1));
        Write(id, page);
        return id;
    }

    /// <summary>Writes a freelist page with these entries.</summary>
    public ulong AddFreelist(params ulong[] free)
    {
        var many = free.Length >= 0xFFFF;
        var bytes = new byte[16 + ((free.Length + (many ? 1 : 0)) * 8)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), Freelist);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(10), many ? (ushort)0xFFFF : (ushort)free.Length);
        var at = 16;
        if (many)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), (ulong)free.Length);
            at += 8;
        }

        foreach (var page in free)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), page);
            at += 8;
        }

        return Add(bytes);
    }

    /// <summary>Writes both meta pages and returns the bytes of the whole file.</summary>
    public byte[] Finish(ulong root, ulong freelist = NoFreelist, ulong? hwm = null, bool digest = false)
    {
        FinishStream(root, freelist, hwm);
        var image = ((MemoryStream)_stream).ToArray();
        return digest ? [.. image, .. SHA256.HashData(image)] : image;
    }

    /// <summary>Writes both meta pages; the stream holds the whole database then.</summary>
    public void FinishStream(ulong root, ulong freelist = NoFreelist, ulong? hwm = null)
    {
        _stream.SetLength(Math.Max(_stream.Length, (long)Next * pageSize));
        Write(0, Meta(pageSize, 0, root, freelist, hwm ?? Next, TransactionId));
        Write(1, Meta(pageSize, 1, root, freelist, hwm ?? Next, TransactionId - 1));
    }

    public static byte[] Meta(int pageSize, ulong slot, ulong root, ulong freelist, ulong hwm, ulong transaction, uint? statedPageSize = null)
    {
        var page = new byte[Math.Max(80, pageSize)];
        SetHeader(page, slot);
        BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(8), 4);
        var meta = page.AsSpan(16);
        BinaryPrimitives.WriteUInt32LittleEndian(meta, 0xED0CDAED);
        BinaryPrimitives.WriteUInt32LittleEndian(meta[4..], 2);
        BinaryPrimitives.WriteUInt32LittleEndian(meta[8..], statedPageSize ?? (uint)pageSize);
        BinaryPrimitives.WriteUInt64LittleEndian(meta[16..], root);
        BinaryPrimitives.WriteUInt64LittleEndian(meta[32..], freelist);
        BinaryPrimitives.WriteUInt64LittleEndian(meta[40..], hwm);
        BinaryPrimitives.WriteUInt64LittleEndian(meta[48..], transaction);
        Seal(meta);
        return page;
    }

    /// <summary>Puts the right checksum under the 56 bytes of a meta.</summary>
    public static void Seal(Span<byte> meta)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in meta[..56])
        {
            hash = (hash ^ b) * 1099511628211UL;
        }

        BinaryPrimitives.WriteUInt64LittleEndian(meta[56..], hash);
    }

    public static void SetHeader(Span<byte> page, ulong id, ushort? flags = null, ushort? count = null, uint? overflow = null)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(page, id);
        BinaryPrimitives.WriteUInt16LittleEndian(page[8..], flags ?? BinaryPrimitives.ReadUInt16LittleEndian(page[8..]));
        BinaryPrimitives.WriteUInt16LittleEndian(page[10..], count ?? BinaryPrimitives.ReadUInt16LittleEndian(page[10..]));
        BinaryPrimitives.WriteUInt32LittleEndian(page[12..], overflow ?? BinaryPrimitives.ReadUInt32LittleEndian(page[12..]));
    }

    public static byte[] LeafBytes(params Item[] items)
    {
        var bytes = new byte[16 + items.Sum(i => 16 + i.Key.Length + i.Value.Length)];
        SetHeader(bytes, 0, LeafPage, checked((ushort)items.Length));
        var (at, data) = (16, 16 + (16 * items.Length));
        foreach (var item in items)
        {
            var element = bytes.AsSpan(at);
            BinaryPrimitives.WriteUInt32LittleEndian(element, item.Flags);
            BinaryPrimitives.WriteUInt32LittleEndian(element[4..], (uint)(data - at));
            BinaryPrimitives.WriteUInt32LittleEndian(element[8..], (uint)item.Key.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(element[12..], (uint)item.Value.Length);
            item.Key.CopyTo(bytes, data);
            item.Value.CopyTo(bytes, data + item.Key.Length);
            (at, data) = (at + 16, data + item.Key.Length + item.Value.Length);
        }

        return bytes;
    }

    public static byte[] BranchBytes(params (byte[] Key, ulong Child)[] children)
    {
        var bytes = new byte[16 + children.Sum(c => 16 + c.Key.Length)];
        SetHeader(bytes, 0, Branch, checked((ushort)children.Length));
        var (at, data) = (16, 16 + (16 * children.Length));
        foreach (var (key, child) in children)
        {
            var element = bytes.AsSpan(at);
            BinaryPrimitives.WriteUInt32LittleEndian(element, (uint)(data - at));
            BinaryPrimitives.WriteUInt32LittleEndian(element[4..], (uint)key.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(element[8..], child);
            key.CopyTo(bytes, data);
            (at, data) = (at + 16, data + key.Length);
        }

        return bytes;
    }

    private IEnumerable<List<T>> Pack<T>(IEnumerable<T> items, Func<T, int> size, int perPage)
    {
        var (group, used) = (new List<T>(), 16);
        foreach (var item in items)
        {
            // Two a page at least, or the tree would never narrow.
            if (group.Count >= 2 && (used + size(item) > pageSize || group.Count >= perPage))
            {
                yield return group;
                (group, used) = ([], 16);
            }

            group.Add(item);
            used += size(item);
        }

        if (group.Count > 0)
        {
            yield return group;
        }
    }
}
