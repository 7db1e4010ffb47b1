namespace DrPowerShell.Core.Configuration.Documents;

/// <summary>A rule for what stays. A backup stays when any part of it keeps it.</summary>
public sealed record RetentionSection
{
    [EstateKey("Keep the newest so many.", Minimum = 0, Maximum = 1_000_000, Default = 0)]
    public int Last { get; init; }

    [EstateKey("Keep the newest backup of each of the newest so many hours that have one.", Minimum = 0, Maximum = 1_000_000, Default = 0)]
    public int Hourly { get; init; }

    [EstateKey("The same for days.", Minimum = 0, Maximum = 1_000_000, Default = 0)]
    public int Daily { get; init; }

    [EstateKey("The same for weeks, which begin on Monday.", Minimum = 0, Maximum = 1_000_000, Default = 0)]
    public int Weekly { get; init; }

    [EstateKey("The same for months.", Minimum = 0, Maximum = 1_000_000, Default = 0)]
    public int Monthly { get; init; }

    [EstateKey("The same for years.", Minimum = 0, Maximum = 1_000_000, Default = 0)]
    public int Yearly { get; init; }

    [EstateKey("Nothing younger goes, whatever the other rules say.")]
    public TimeSpan? MinimumAge { get; init; }

    [EstateKey("Where days, weeks, months and years begin, such as Europe/Berlin.", Default = "UTC")]
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    [EstateKey("The newest backup may hold so much less than the one before, in keys or bytes; beyond that nothing is removed. 0.5 is half.",
        Minimum = 0, Maximum = 1, Default = 0.5)]
    public double LargestShrink { get; init; } = 0.5;
}
