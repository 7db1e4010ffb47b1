namespace DrPowerShell.Etcd.Mvcc;

/// <summary>A half-open range of keys in byte order, as etcd's own requests state it.</summary>
public sealed record EtcdKeyRange
{
    private EtcdKeyRange(byte[] start, byte[]? end)
    {
        Start = start;
        End = end;
    }

    /// <summary>The first key of the range.</summary>
    public byte[] Start { get; }

    /// <summary>The first key after the range; null for the single key <see cref="Start"/>; one zero byte for "to the end".</summary>
    public byte[]? End { get; }

    /// <summary>Every key there is.</summary>
    public static EtcdKeyRange All { get; } = new([0], [0]);

    /// <summary>Whether the range is one key.</summary>
    public bool IsSingleKey => End is null;

    private bool IsOpenEnded => End is [0];

    /// <summary>One key.</summary>
    public static EtcdKeyRange Single(string key) => new(EtcdText.Parse(key), null);

    /// <summary>One key, by its bytes.</summary>
    public static EtcdKeyRange Single(byte[] key) => new(key, null);

    /// <summary>Every key that begins with a prefix; an empty prefix is every key.</summary>
    public static EtcdKeyRange Prefix(string prefix) => prefix.Length == 0 ? All : new(EtcdText.Parse(prefix), After(EtcdText.Parse(prefix)));

    /// <summary>Every key from <paramref name="start"/> up to, not including, <paramref name="end"/>; an empty end is "to the end".</summary>
    public static EtcdKeyRange Between(string start, string end) =>
        new(start.Length == 0 ? [0] : EtcdText.Parse(start), end.Length == 0 ? [0] : EtcdText.Parse(end));

    /// <summary>The same range, begun right after a key: the next page.</summary>
    public EtcdKeyRange StartingAfter(ReadOnlySpan<byte> key) => new([.. key, 0], End);

    /// <summary>Whether a key lies in the range.</summary>
    public bool Contains(ReadOnlySpan<byte> key)
    {
        if (End is null)
        {
            return key.SequenceEqual(Start);
        }

        return key.SequenceCompareTo(Start) >= 0 && (IsOpenEnded || key.SequenceCompareTo(End) < 0);
    }

    // The smallest key greater than all keys with the prefix: the last byte below 0xFF is raised, what follows it is cut (clientv3 GetPrefixRangeEnd).
    private static byte[] After(byte[] prefix)
    {
        for (var i = prefix.Length - 1; i >= 0; i--)
        {
            if (prefix[i] < 0xFF)
            {
                var end = prefix[..(i + 1)];
                end[i]++;
                return end;
            }
        }

        return [0];
    }
}
