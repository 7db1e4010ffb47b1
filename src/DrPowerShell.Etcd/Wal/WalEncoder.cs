using System.Buffers;
using System.Buffers.Binary;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Raft;

namespace DrPowerShell.Etcd.Wal;

/// <summary>The kinds of records in a WAL.</summary>
internal enum WalRecordType
{
    Metadata = 1,
    Entry = 2,
    State = 3,
    Crc = 4,
    Snapshot = 5,
}

/// <summary>Frames records as etcd's WAL does.</summary>
/// <remarks>
/// A frame is a u64, little-endian, then the record, then 0 to 7 zero bytes up to a multiple of 8. The u64 holds the record's length in its
/// low 56 bits and, where there is padding, 0x80 | padding in the top byte. A record is the message { type = 1, crc = 2, data = 3 }; its crc
/// is the CRC-32C of all data so far, so that no record can be lost or moved (etcd v3.6 server/storage/wal/encoder.go).
/// </remarks>
internal sealed class WalEncoder
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private uint _state = Crc32C.Begin;

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    /// <summary>Writes a record that carries data.</summary>
    public void Add(WalRecordType type, ReadOnlySpan<byte> data)
    {
        _state = Crc32C.Update(_state, data);
        Frame(new ProtoWriter().Varint(1, (ulong)type).Varint(2, Crc32C.End(_state)).Bytes(3, data).Written);
    }

    /// <summary>Writes the record that begins a file: the checksum of the files before it.</summary>
    public void AddCrc() => Frame(new ProtoWriter().Varint(1, (ulong)WalRecordType.Crc).Varint(2, Crc32C.End(_state)).Written);

    private void Frame(ReadOnlySpan<byte> record)
    {
        var padding = (8 - (record.Length % 8)) % 8;
        var top = padding == 0 ? 0UL : 0x80UL + (ulong)padding;
        var header = (ulong)record.Length + (top << 56);
        var frame = _bytes.GetSpan(sizeof(ulong) + record.Length + padding)[..(sizeof(ulong) + record.Length + padding)];
        frame.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(frame, header);
        record.CopyTo(frame[sizeof(ulong)..]);
        _bytes.Advance(frame.Length);
    }
}
