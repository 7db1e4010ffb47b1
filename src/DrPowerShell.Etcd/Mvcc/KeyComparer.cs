namespace DrPowerShell.Etcd.Mvcc;

/// <summary>Byte order, and equality under a hash that cannot be attacked, for keys.</summary>
internal sealed class KeyComparer : IComparer<byte[]>, IEqualityComparer<byte[]>
{
    public static KeyComparer Instance { get; } = new();

    public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] obj) => KeyHash.Of(obj).Low.GetHashCode();
}
