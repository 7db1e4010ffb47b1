using System.Buffers;

namespace DrPowerShell.Etcd.Raft;

/// <summary>
/// Writes protocol buffers as gogo's generated code does for proto2 fields that are not nullable: in field order, zeros included.
/// </summary>
internal sealed class ProtoWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new(64);

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public ProtoWriter Varint(int field, ulong value)
    {
        Raw(((ulong)field << 3) | (ulong)ProtoWire.Varint);
        Raw(value);
        return this;
    }

    public ProtoWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Raw(((ulong)field << 3) | (ulong)ProtoWire.Bytes);
        Raw((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    private void Raw(ulong value)
    {
        var span = _bytes.GetSpan(10);
        var length = 0;
        while (value >= 0x80)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[length++] = (byte)value;
        _bytes.Advance(length);
    }
}
