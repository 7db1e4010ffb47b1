namespace DrPowerShell.Core.Retention;

/// <summary>Which backups of a cluster stay. A backup stays when any rule keeps it; without any rule all stay.</summary>
public sealed record RetentionPolicy
{
    /// <summary>The newest so many.</summary>
    public int Last { get; init; }

    /// <summary>The newest backup of each of the newest so many hours that have one.</summary>
    public int Hourly { get; init; }

    public int Daily { get; init; }

    /// <summary>Weeks begin on Monday (ISO 8601).</summary>
    public int Weekly { get; init; }

    public int Monthly { get; init; }

    public int Yearly { get; init; }

    /// <summary>Nothing younger goes, whatever the other rules say.</summary>
    public TimeSpan MinimumAge { get; init; }

    /// <summary>Where days, weeks, months and years begin.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>The newest backup may hold so much less, in keys or bytes, than the one before; beyond that nothing is removed (SuspiciousShrink). 0.5 is half.</summary>
    public double LargestShrink { get; init; } = 0.5;

    public bool IsEmpty => Last + Hourly + Daily + Weekly + Monthly + Yearly == 0 && MinimumAge == TimeSpan.Zero;
}
