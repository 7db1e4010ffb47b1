using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace DrPowerShell.Etcd.Bolt;

/// <summary>A branch or leaf page as bytes, its overflow included; every access is checked against the bytes that are there.</summary>
internal readonly ref struct BoltPage
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly string _file;

    public BoltPage(ReadOnlySpan<byte> bytes, string file)
    {
        _bytes = bytes;
        _file = file;
    }

    public PageId Id => new(BinaryPrimitives.ReadUInt64LittleEndian(_bytes));

    public PageKind Kind => (PageKind)BinaryPrimitives.ReadUInt16LittleEndian(_bytes[8..]);

    public int Count => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[10..]);

    public uint Overflow => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[12..]);

    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Reads element <paramref name="index"/> of a leaf.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Leaf(int index, out uint flags, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        var at = Element(index);
        var element = _bytes.Slice(at, BoltLayout.ElementSize);
        flags = BinaryPrimitives.ReadUInt32LittleEndian(element);
        var start = (ulong)at + BinaryPrimitives.ReadUInt32LittleEndian(element[4..]);
        ulong keySize = BinaryPrimitives.ReadUInt32LittleEndian(element[8..]);
        ulong valueSize = BinaryPrimitives.ReadUInt32LittleEndian(element[12..]);
        if (start + keySize + valueSize > (ulong)_bytes.Length)
        {
            throw OutOfPage(index);
        }

        key = _bytes.Slice((int)start, (int)keySize);
        value = _bytes.Slice((int)(start + keySize), (int)valueSize);
    }

    /// <summary>Reads element <paramref name="index"/> of a branch.</summary>
    public void Branch(int index, out ReadOnlySpan<byte> key, out PageId child)
    {
        var at = Element(index);
        var element = _bytes.Slice(at, BoltLayout.ElementSize);
        var start = (ulong)at + BinaryPrimitives.ReadUInt32LittleEndian(element);
        ulong keySize = BinaryPrimitives.ReadUInt32LittleEndian(element[4..]);
        child = new(BinaryPrimitives.ReadUInt64LittleEndian(element[8..]));
        if (start + keySize > (ulong)_bytes.Length)
        {
            throw OutOfPage(index);
        }

        key = _bytes.Slice((int)start, (int)keySize);
    }

    /// <summary>
    /// Checks that the elements' bytes follow each other without a gap, as bbolt writes them. Elements that share bytes would make a small
    /// page as much work as a large file.
    /// </summary>
    /// <exception cref="SnapshotDamagedException">They do not, or an element is none that bbolt writes.</exception>
    public void CheckLayout()
    {
        var count = Count;
        var isLeaf = Kind == PageKind.Leaf;
        var expected = (ulong)(BoltLayout.HeaderSize + (count * BoltLayout.ElementSize));
        if (expected > (ulong)_bytes.Length)
        {
            throw OutOfPage(count - 1);
        }

        for (var i = 0; i < count; i++)
        {
            var at = Element(i);
            var element = _bytes.Slice(at, BoltLayout.ElementSize);
            var fields = isLeaf ? element[4..] : element;
            var start = (ulong)at + BinaryPrimitives.ReadUInt32LittleEndian(fields);
            ulong keySize = BinaryPrimitives.ReadUInt32LittleEndian(fields[4..]);
            ulong valueSize = isLeaf ? BinaryPrimitives.ReadUInt32LittleEndian(fields[8..]) : 0;
            if (start + keySize + valueSize > (ulong)_bytes.Length)
            {
                throw OutOfPage(i);
            }

            if (start != expected)
            {
                throw Damaged("ElementOutOfPlace", $"element {i} begins at byte {start}, and {expected} is where the one before it ends.");
            }

            if (keySize == 0)
            {
                throw Damaged("KeyEmpty", $"element {i} has no key.");
            }

            if (isLeaf && BinaryPrimitives.ReadUInt32LittleEndian(element) > BoltLayout.BucketElement)
            {
                throw Damaged("ElementFlagsWrong", $"element {i} is neither a key nor a bucket.");
            }

            expected = start + keySize + valueSize;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Element(int index)
    {
        var at = BoltLayout.HeaderSize + (index * BoltLayout.ElementSize);
        return at + BoltLayout.ElementSize <= _bytes.Length ? at : throw OutOfPage(index);
    }

    private SnapshotDamagedException OutOfPage(int index) =>
        Damaged("ElementOutOfPage", $"element {index} points outside the page's {_bytes.Length:N0} bytes.");

    private SnapshotDamagedException Damaged(string code, string text) => new(_file, code, Id, text);
}
