using System.Buffers.Binary;
using System.Text;

namespace DrPowerShell.Providers.Sftp;

/// <summary>Writes one SFTP packet: <c>uint32 length, byte type, uint32 id, ...</c>, big endian (draft-ietf-secsh-filexfer-02).</summary>
internal sealed class SftpPacketWriter
{
    private byte[] _bytes = new byte[256];
    private int _length = 4;

    public SftpPacketWriter(SftpPacketType type) => Byte((byte)type);

    public SftpPacketWriter Byte(byte value)
    {
        Grow(1)[0] = value;
        return this;
    }

    public SftpPacketWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Grow(4), value);
        return this;
    }

    public SftpPacketWriter UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Grow(8), value);
        return this;
    }

    public SftpPacketWriter Bytes(ReadOnlySpan<byte> value)
    {
        UInt32((uint)value.Length);
        value.CopyTo(Grow(value.Length));
        return this;
    }

    public SftpPacketWriter Text(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    /// <summary>The finished packet.</summary>
    public ArraySegment<byte> ToSegment()
    {
        BinaryPrimitives.WriteInt32BigEndian(_bytes, _length - 4);
        return new(_bytes, 0, _length);
    }

    private Span<byte> Grow(int count)
    {
        if (_bytes.Length < _length + count)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        }

        _length += count;
        return _bytes.AsSpan(_length - count, count);
    }
}

/// <summary>Reads the body of an answer; what ends too early is a <see cref="SftpConnectionLostException"/>, since no later byte can be trusted.</summary>
internal ref struct SftpPacketReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    public ReadOnlySpan<byte> Bytes() => UInt32() is var length && length <= (uint)_rest.Length ? Take((int)length) : Take(int.MaxValue);

    public string Text() => Encoding.UTF8.GetString(Bytes());

    /// <summary>Reads the attributes of a file: <c>uint32 flags, then what the flags tell of</c>.</summary>
    public SftpAttributes Attributes()
    {
        var flags = UInt32();
        var size = (flags & 1) != 0 ? (long)UInt64() : (long?)null;
        if ((flags & 2) != 0)
        {
            UInt64(); // owner and group
        }

        var mode = (flags & 4) != 0 ? UInt32() : (uint?)null;
        var modified = DateTimeOffset.UnixEpoch;
        if ((flags & 8) != 0)
        {
            UInt32(); // last access
            modified = DateTimeOffset.FromUnixTimeSeconds(UInt32());
        }

        for (var more = (flags & 0x80000000) != 0 ? UInt32() : 0; more > 0; more--)
        {
            Bytes();
            Bytes();
        }

        return new(size, mode, modified);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw new SftpConnectionLostException("the server sent an answer that is cut short.");
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}

/// <summary>What a server tells of a file.</summary>
/// <param name="Size">Bytes; null where it does not tell.</param>
/// <param name="Mode">Type and permissions as in Unix; null where it does not tell.</param>
/// <param name="Modified">When it was last written to, UTC.</param>
internal sealed record SftpAttributes(long? Size, uint? Mode, DateTimeOffset Modified)
{
    public bool IsFolder => Kind == 0x4000;

    public bool IsFile => Kind == 0x8000;

    public bool IsLink => Kind == 0xA000;

    private uint? Kind => Mode & 0xF000;
}

/// <summary>One name of a folder.</summary>
internal sealed record SftpEntry(string Name, SftpAttributes Attributes);

/// <summary>The packets of SFTP version 3 that are used here.</summary>
internal enum SftpPacketType : byte
{
    Init = 1,
    Version = 2,
    Open = 3,
    Close = 4,
    Read = 5,
    Write = 6,
    LinkStat = 7,
    FileStat = 8,
    OpenFolder = 11,
    ReadFolder = 12,
    Remove = 13,
    MakeFolder = 14,
    RealPath = 16,
    Stat = 17,
    Rename = 18,
    Status = 101,
    Handle = 102,
    Data = 103,
    Name = 104,
    Attributes = 105,
    Extended = 200,
    ExtendedReply = 201,
}
