using System.Buffers;
using Grpc.Core;

namespace DrPowerShell.Providers.Etcd;

/// <summary>
/// One message of a snapshot stream, decoded by hand into a buffer that every message of a stream reuses: the generated class would allocate
/// each piece anew. SnapshotResponse in etcd's api/etcdserverpb/rpc.proto: header = 1, remaining_bytes = 2, blob = 3, version = 4 (3.6).
/// </summary>
internal sealed class SnapshotMessage
{
    private const uint RemainingTag = (2 << 3) | 0;
    private const uint BlobTag = (3 << 3) | 2;
    private const uint VersionTag = (4 << 3) | 2;
    private byte[] _blob = new byte[64 * 1024];
    private int _length;

    public ReadOnlyMemory<byte> Blob => _blob.AsMemory(0, _length);

    public long RemainingBytes { get; private set; }

    public string? Version { get; private set; }

    public SnapshotMessage Decode(DeserializationContext context)
    {
        Decode(context.PayloadAsReadOnlySequence());
        return this;
    }

    public void Decode(ReadOnlySequence<byte> payload)
    {
        (_length, RemainingBytes, Version) = (0, 0, null);
        var reader = new SequenceReader<byte>(payload);
        while (!reader.End)
        {
            var tag = (uint)ReadVarint(ref reader);
            switch (tag)
            {
                case RemainingTag:
                    RemainingBytes = (long)ReadVarint(ref reader);
                    break;
                case BlobTag:
                    ReadBlob(ref reader);
                    break;
                case VersionTag:
                    Version = System.Text.Encoding.UTF8.GetString(ReadBytes(ref reader).ToArray());
                    break;
                default:
                    Skip(ref reader, tag);
                    break;
            }
        }
    }

    private void ReadBlob(ref SequenceReader<byte> reader)
    {
        var bytes = ReadBytes(ref reader);
        _length = (int)bytes.Length;
        if (_blob.Length < _length)
        {
            _blob = new byte[_length];
        }

        bytes.CopyTo(_blob);
    }

    private static ReadOnlySequence<byte> ReadBytes(ref SequenceReader<byte> reader)
    {
        var length = ReadVarint(ref reader);
        return length <= (ulong)reader.Remaining && reader.TryReadExact((int)length, out var bytes) ? bytes : throw Malformed();
    }

    private static void Skip(ref SequenceReader<byte> reader, uint tag)
    {
        switch (tag & 7)
        {
            case 0:
                ReadVarint(ref reader);
                break;
            case 1 when reader.Remaining >= 8:
                reader.Advance(8);
                break;
            case 2:
                ReadBytes(ref reader);
                break;
            case 5 when reader.Remaining >= 4:
                reader.Advance(4);
                break;
            default:
                throw Malformed();
        }
    }

    private static ulong ReadVarint(ref SequenceReader<byte> reader)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (!reader.TryRead(out var next))
            {
                throw Malformed();
            }

            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Malformed();
    }

    private static InvalidDataException Malformed() => new("A message of the snapshot stream is malformed.");
}
