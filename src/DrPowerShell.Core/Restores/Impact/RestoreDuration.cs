namespace DrPowerShell.Core.Restores.Impact;

/// <summary>Estimates how long a restore takes.</summary>
internal static class RestoreDuration
{
    // Stop, start, election and health wait: what a restore takes of the smallest database.
    private static readonly TimeSpan Fixed = TimeSpan.FromSeconds(30);

    // What modest disks and links do; a repository is read, decrypted and decompressed in one pass.
    private const double FetchBytesPerSecond = 50e6;
    private const double RestoreBytesPerSecond = 100e6;

    /// <summary>The estimate; null where the size is not known.</summary>
    /// <param name="snapshot">What is restored.</param>
    /// <param name="members">How many members; 0 where not known.</param>
    /// <param name="earlier">Earlier restores: their median, each scaled to this size, wins over what sizes say.</param>
    public static TimeSpan? Estimate(ImpactSnapshot snapshot, int members, IReadOnlyList<EarlierRestore> earlier)
    {
        if (snapshot.Size <= 0)
        {
            return null;
        }

        var known = earlier.Where(e => e is { Size: > 0 } && e.Duration > TimeSpan.Zero).Select(e => Scale(e, snapshot.Size)).Order().ToList();
        if (known.Count > 0)
        {
            return (known[(known.Count - 1) / 2] + known[known.Count / 2]) / 2;
        }

        var fetch = (snapshot.StoredSize ?? 0) / FetchBytesPerSecond;
        return Fixed + TimeSpan.FromSeconds(Math.Ceiling(fetch + (Math.Max(1, members) * (double)snapshot.Size / RestoreBytesPerSecond)));
    }

    // Only what lies above the fixed part grows with the size.
    private static TimeSpan Scale(EarlierRestore earlier, long size)
    {
        var constant = earlier.Duration < Fixed ? earlier.Duration : Fixed;
        return constant + ((earlier.Duration - constant) * ((double)size / earlier.Size));
    }
}
