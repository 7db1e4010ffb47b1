using System.Buffers.Binary;

namespace DrPowerShell.Etcd.Bolt;

/// <summary>One of the two meta pages of a bbolt database.</summary>
/// <remarks>
/// Little-endian, at byte 16 of page 0 and of page 1 (bbolt v1.4 internal/common/meta.go):
/// <code>
/// offset size field
///      0    4 magic 0xED0CDAED
///      4    4 version 2
///      8    4 page size
///     12    4 flags
///     16   16 root bucket: page u64, sequence u64
///     32    8 freelist page, or 0xFFFF…FF: not persisted
///     40    8 high-water mark: the number of pages in use, free ones included
///     48    8 transaction id
///     56    8 FNV-1a of bytes 0..55
/// </code>
/// </remarks>
public sealed record BoltMeta
{
    internal const int Size = 64;
    internal const uint Magic = 0xED0CDAED;
    internal const uint FormatVersion = 2;
    internal const ulong NoFreelist = ulong.MaxValue;

    /// <summary>The page that the meta was read from: 0 or 1.</summary>
    public required int Slot { get; init; }

    public required int PageSize { get; init; }

    public required PageId Root { get; init; }

    public required ulong RootSequence { get; init; }

    /// <summary>The freelist's page; meaningless where <see cref="IsFreelistPersisted"/> is false.</summary>
    public required PageId Freelist { get; init; }

    /// <summary>One more than the last page in use.</summary>
    public required PageId HighWaterMark { get; init; }

    public required ulong TransactionId { get; init; }

    /// <summary>False for what etcd writes on Linux: the free pages are then those that cannot be reached.</summary>
    public bool IsFreelistPersisted => Freelist.Value != NoFreelist;

    /// <summary>Reads a meta, or says why it is not one.</summary>
    internal static BoltMeta? TryRead(ReadOnlySpan<byte> bytes, int slot, out string reason)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
        {
            reason = $"meta page {slot} does not begin with bbolt's magic number";
            return null;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != FormatVersion)
        {
            reason = $"meta page {slot} is of bbolt format {BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..])}, only 2 is known";
            return null;
        }

        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[56..]) != Fnv1a(bytes[..56]))
        {
            reason = $"meta page {slot} does not match its checksum";
            return null;
        }

        var pageSize = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (pageSize < BoltLayout.MinPageSize || pageSize > BoltLayout.MaxPageSize || (pageSize & (pageSize - 1)) != 0)
        {
            reason = $"meta page {slot} states a page size of {pageSize} bytes";
            return null;
        }

        reason = "";
        return new BoltMeta
        {
            Slot = slot,
            PageSize = (int)pageSize,
            Root = new(BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..])),
            RootSequence = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
            Freelist = new(BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..])),
            HighWaterMark = new(BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..])),
            TransactionId = BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..]),
        };
    }

    /// <summary>Writes the meta as it stands on disk, checksum included.</summary>
    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], FormatVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], (uint)PageSize);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], 0);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], Root.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], RootSequence);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], Freelist.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[40..], HighWaterMark.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[48..], TransactionId);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[56..], Fnv1a(bytes[..56]));
    }

    private static ulong Fnv1a(ReadOnlySpan<byte> bytes)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in bytes)
        {
            hash = (hash ^ b) * 1099511628211UL;
        }

        return hash;
    }
}
