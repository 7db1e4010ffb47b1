using System.Buffers.Binary;
using System.Globalization;

namespace DrPowerShell.Etcd.Mvcc;

/// <summary>A revision of the store: the transaction's number, and the number of the change within it.</summary>
/// <param name="Main">The transaction, from 1.</param>
/// <param name="Sub">The change within the transaction, from 0.</param>
public readonly record struct Revision(long Main, long Sub) : IComparable<Revision>
{
    /// <summary>
    /// The size of a row's key in the <c>key</c> bucket: main u64 big-endian, '_', sub u64 big-endian; a tombstone's has one byte 't' more
    /// (etcd v3.6 server/storage/mvcc/revision.go).
    /// </summary>
    internal const int KeySize = 17;

    public int CompareTo(Revision other) => Main != other.Main ? Main.CompareTo(other.Main) : Sub.CompareTo(other.Sub);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Main}/{Sub}");

    public static bool operator <(Revision left, Revision right) => left.CompareTo(right) < 0;

    public static bool operator >(Revision left, Revision right) => left.CompareTo(right) > 0;

    public static bool operator <=(Revision left, Revision right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Revision left, Revision right) => left.CompareTo(right) >= 0;

    /// <summary>Reads a row's key; false where it is not one.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> key, out Revision revision, out bool isTombstone)
    {
        revision = default;
        isTombstone = key.Length == KeySize + 1 && key[KeySize] == (byte)'t';
        if ((key.Length != KeySize && !isTombstone) || key[8] != (byte)'_')
        {
            return false;
        }

        revision = new Revision(BinaryPrimitives.ReadInt64BigEndian(key), BinaryPrimitives.ReadInt64BigEndian(key[9..]));
        return revision is { Main: > 0, Sub: >= 0 };
    }

    internal byte[] ToKey()
    {
        var key = new byte[KeySize];
        BinaryPrimitives.WriteInt64BigEndian(key, Main);
        key[8] = (byte)'_';
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(9), Sub);
        return key;
    }
}
