using System.Buffers.Binary;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Raft;

namespace DrPowerShell.Etcd.Wal;

/// <summary>What the WAL of a stopped member says: how far its raft log reaches.</summary>
/// <param name="LastIndex">The index of the last entry, 0 where there is none.</param>
/// <param name="Commit">The last commit index that was written down; the real one may be further.</param>
/// <param name="Term">The term of that state.</param>
/// <param name="MemberId">The member that the WAL belongs to.</param>
/// <param name="ClusterId">The cluster that it belongs to.</param>
public sealed record WalSummary(ulong LastIndex, ulong Commit, ulong Term, ulong MemberId, ulong ClusterId);

/// <summary>Reads the records of a WAL up to its end or to the first one that is torn, as etcd's own repair would.</summary>
/// <remarks>The frames are described at <see cref="WalEncoder"/>.</remarks>
public static class WalReader
{
    // etcd's largest request is 1.5 MiB by default; an entry beyond this is not believed.
    private const int MaxRecord = 256 << 20;

    /// <summary>Reads all segments of a WAL directory.</summary>
    /// <param name="directory">The member's <c>member/wal</c>.</param>
    /// <exception cref="SnapshotReadFailedException">A segment cannot be read.</exception>
    public static WalSummary Read(string directory, CancellationToken cancellationToken = default)
    {
        var reader = new State();
        var segments = Directory.Exists(directory) ? Directory.GetFiles(directory, "*.wal") : [];
        foreach (var segment in segments.Order(StringComparer.Ordinal))
        {
            using var source = FileByteSource.Open(segment);
            if (!ReadSegment(source, reader, cancellationToken))
            {
                break;
            }
        }

        return new WalSummary(reader.LastIndex, reader.Commit, reader.Term, reader.MemberId, reader.ClusterId);
    }

    // Returns false at a torn record: what follows it was never acknowledged.
    private static bool ReadSegment(FileByteSource source, State state, CancellationToken cancellationToken)
    {
        var header = new byte[sizeof(ulong)];
        var buffer = new byte[64 << 10];
        for (long at = 0; at + sizeof(ulong) <= source.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            source.ReadExactly(at, header);
            var frame = BinaryPrimitives.ReadUInt64LittleEndian(header);
            if (frame == 0)
            {
                // Preallocated space: the segment ends here.
                return true;
            }

            var length = (long)(frame & 0x00FF_FFFF_FFFF_FFFF);
            var padding = (frame >> 63) != 0 ? (int)((frame >> 56) & 7) : 0;
            at += sizeof(ulong);
            if (length > MaxRecord || at + length + padding > source.Length)
            {
                return false;
            }

            buffer = buffer.Length < length ? new byte[length] : buffer;
            var record = buffer.AsSpan(0, (int)length);
            source.ReadExactly(at, record);
            if (!state.Take(record))
            {
                return false;
            }

            at += length + padding;
        }

        return true;
    }

    private sealed class State
    {
        private uint _crc = Crc32C.Begin;

        public ulong LastIndex { get; private set; }

        public ulong Commit { get; private set; }

        public ulong Term { get; private set; }

        public ulong MemberId { get; private set; }

        public ulong ClusterId { get; private set; }

        public bool Take(ReadOnlySpan<byte> record)
        {
            ulong type = 0, crc = 0;
            ReadOnlySpan<byte> data = default;
            var reader = new ProtoReader(record);
            while (reader.TryReadField(out var field))
            {
                type = field.Number == 1 ? field.Value : type;
                crc = field.Number == 2 ? field.Value : crc;
                data = field.Number == 3 ? field.Bytes : data;
            }

            if (!reader.IsAtEnd)
            {
                return false;
            }

            if ((WalRecordType)type == WalRecordType.Crc)
            {
                // A segment begins with the checksum of those before it; the oldest ones may have been purged.
                _crc = ~(uint)crc;
                return true;
            }

            _crc = Crc32C.Update(_crc, data);
            if (Crc32C.End(_crc) != crc)
            {
                return false;
            }

            Read((WalRecordType)type, data);
            return true;
        }

        private void Read(WalRecordType type, ReadOnlySpan<byte> data)
        {
            var reader = new ProtoReader(data);
            while (reader.TryReadField(out var field))
            {
                switch (type, field.Number)
                {
                    case (WalRecordType.Metadata, 1):
                        MemberId = field.Value;
                        break;
                    case (WalRecordType.Metadata, 2):
                        ClusterId = field.Value;
                        break;
                    case (WalRecordType.Entry, 3):
                        LastIndex = field.Value;
                        break;
                    case (WalRecordType.State, 1):
                        Term = field.Value;
                        break;
                    case (WalRecordType.State, 3):
                        Commit = field.Value;
                        break;
                }
            }
        }
    }
}
