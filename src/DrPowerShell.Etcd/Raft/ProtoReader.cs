using System.Buffers.Binary;

namespace DrPowerShell.Etcd.Raft;

/// <summary>The wire types of protocol buffers that etcd's files hold.</summary>
internal enum ProtoWire
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// <summary>One field of a message: a number, and either a value or bytes.</summary>
internal readonly ref struct ProtoField(int number, ProtoWire wire, ulong value, ReadOnlySpan<byte> bytes)
{
    public int Number { get; } = number;

    public ProtoWire Wire { get; } = wire;

    public ulong Value { get; } = value;

    public ReadOnlySpan<byte> Bytes { get; } = bytes;
}

/// <summary>Reads the fields of a protocol buffers message from untrusted bytes; groups are refused, as gogo does not write them.</summary>
/// <remarks>https://protobuf.dev/programming-guides/encoding/</remarks>
internal ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>True when every byte has been read as a field; false after a malformed one.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>Reads the next field; false at the end and at the first malformed one.</summary>
    public bool TryReadField(out ProtoField field)
    {
        field = default;
        var rest = _rest;
        if (rest.IsEmpty || !TryReadVarint(ref rest, out var tag) || tag >> 3 is 0 or > int.MaxValue)
        {
            return false;
        }

        var number = (int)(tag >> 3);
        var wire = (ProtoWire)(tag & 7);
        ulong value = 0;
        ReadOnlySpan<byte> bytes = default;
        switch (wire)
        {
            case ProtoWire.Varint when TryReadVarint(ref rest, out value):
                break;
            case ProtoWire.Fixed64 when rest.Length >= sizeof(ulong):
                value = BinaryPrimitives.ReadUInt64LittleEndian(rest);
                rest = rest[sizeof(ulong)..];
                break;
            case ProtoWire.Fixed32 when rest.Length >= sizeof(uint):
                value = BinaryPrimitives.ReadUInt32LittleEndian(rest);
                rest = rest[sizeof(uint)..];
                break;
            case ProtoWire.Bytes when TryReadVarint(ref rest, out var length) && length <= (ulong)rest.Length:
                bytes = rest[..(int)length];
                rest = rest[(int)length..];
                break;
            default:
                return false;
        }

        field = new ProtoField(number, wire, value, bytes);
        _rest = rest;
        return true;
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> rest, out ulong value)
    {
        value = 0;
        for (var i = 0; i < rest.Length && i < 10; i++)
        {
            value |= (ulong)(rest[i] & 0x7F) << (7 * i);
            if (rest[i] < 0x80)
            {
                rest = rest[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
