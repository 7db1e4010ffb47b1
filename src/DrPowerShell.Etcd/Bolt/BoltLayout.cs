using System.Buffers.Binary;

namespace DrPowerShell.Etcd.Bolt;

/// <summary>Sizes, offsets and flags of bbolt pages, little-endian throughout.</summary>
/// <remarks>
/// Page header (bbolt v1.4 internal/common/page.go):
/// <code>
/// offset size field
///      0    8 page id
///      8    2 flags: 1 branch, 2 leaf, 4 meta, 16 freelist
///     10    2 count of elements; 0xFFFF in a freelist: the first u64 of the body is the count
///     12    4 overflow: how many further pages belong to this one
/// </code>
/// Leaf element: flags u32 (1 = bucket), pos u32, ksize u32, vsize u32. Branch element: pos u32, ksize u32, child page u64.
/// <c>pos</c> counts from the element's own first byte. A bucket's value: root page u64, sequence u64; root 0: an inline page follows.
/// </remarks>
internal static class BoltLayout
{
    public const int MinPageSize = 1024;
    public const int MaxPageSize = 1 << 24;
    public const int HeaderSize = 16;
    public const int ElementSize = 16;
    public const int BucketHeaderSize = 16;
    public const uint BucketElement = 1;
    public const ushort ManyFreePages = 0xFFFF;

    /// <summary>A page with its overflow may be this long; etcd's largest request (1.5 MiB by default) is far below.</summary>
    public const int MaxPageSpan = 64 << 20;

    /// <summary>Deeper than any tree of a file that a disk can hold: branch pages have two children at least.</summary>
    public const int MaxDepth = 64;

    public static void WriteHeader(Span<byte> page, ulong id, PageKind kind, int count, uint overflow)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(page, id);
        BinaryPrimitives.WriteUInt16LittleEndian(page[8..], (ushort)kind);
        BinaryPrimitives.WriteUInt16LittleEndian(page[10..], checked((ushort)count));
        BinaryPrimitives.WriteUInt32LittleEndian(page[12..], overflow);
    }

    public static void WriteLeafElement(Span<byte> element, uint flags, int pos, int keySize, int valueSize)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(element, flags);
        BinaryPrimitives.WriteUInt32LittleEndian(element[4..], (uint)pos);
        BinaryPrimitives.WriteUInt32LittleEndian(element[8..], (uint)keySize);
        BinaryPrimitives.WriteUInt32LittleEndian(element[12..], (uint)valueSize);
    }

    public static void WriteBranchElement(Span<byte> element, int pos, int keySize, ulong child)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(element, (uint)pos);
        BinaryPrimitives.WriteUInt32LittleEndian(element[4..], (uint)keySize);
        BinaryPrimitives.WriteUInt64LittleEndian(element[8..], child);
    }
}

/// <summary>What a page holds.</summary>
internal enum PageKind : ushort
{
    Branch = 1,
    Leaf = 2,
    Meta = 4,
    Freelist = 0x10,
}
