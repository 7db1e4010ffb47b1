namespace DrPowerShell.Etcd.Mvcc;

/// <summary>Sorts user keys into groups by their first two path segments, a bounded number of them.</summary>
internal sealed class KeyPrefixCounter
{
    /// <summary>Further groups are counted as <see cref="Other"/>.</summary>
    public const int Limit = 512;

    public const string Other = "(other)";

    private readonly Dictionary<KeyHash, short> _numbers = [];
    private readonly List<string> _names = [Other];
    private readonly List<long> _counts = [0];

    /// <summary>The number of the key's group.</summary>
    public short NumberOf(ReadOnlySpan<byte> key)
    {
        var prefix = PrefixOf(key);
        var hash = KeyHash.Of(prefix);
        if (_numbers.TryGetValue(hash, out var number))
        {
            return number;
        }

        if (_names.Count >= Limit)
        {
            return 0;
        }

        number = (short)_names.Count;
        _numbers.Add(hash, number);
        _names.Add(EtcdText.Show(prefix[..Math.Min(prefix.Length, 256)]));
        _counts.Add(0);
        return number;
    }

    public void Count(short number) => _counts[number]++;

    /// <summary>The groups that have keys, the largest first.</summary>
    public IReadOnlyList<KeyPrefixCount> ToList() =>
        [.. _names.Select((name, i) => new KeyPrefixCount(name, _counts[i])).Where(p => p.Keys > 0).OrderByDescending(p => p.Keys).ThenBy(p => p.Prefix, StringComparer.Ordinal)];

    // "/registry/pods/shop/web" -> "/registry/pods/"; "/a/b" -> "/a/"; "flat" -> "".
    internal static ReadOnlySpan<byte> PrefixOf(ReadOnlySpan<byte> key)
    {
        var end = 0;
        for (int i = 0, slashes = 0; i < key.Length && slashes < 3; i++)
        {
            if (key[i] == (byte)'/')
            {
                end = i + 1;
                slashes++;
            }
        }

        return key[..end];
    }
}

/// <summary>How many live keys begin with the same path segments.</summary>
public sealed record KeyPrefixCount(string Prefix, long Keys)
{
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Prefix}: {Keys:N0}");
}
