using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Schedules;

namespace DrPowerShell.Core.Tests.Schedules;

/// <summary>Schedules to translate, and their times by the calendar that is the measure.</summary>
internal static class Sample
{
    public const int Count = 50;

    public static TimeZoneInfo Zone(string name) => TimeZoneInfo.FindSystemTimeZoneById(name);

    public static BackupSchedule Schedule(string expression, string zone = "UTC", string name = "nightly") => new()
    {
        Name = name,
        Cluster = "prod",
        Repository = "offsite",
        Expression = expression,
        TimeZone = Zone(zone),
    };

    public static ScheduleHost Host(DateTimeOffset now, string zone = "UTC") => new()
    {
        PowerShellPath = "/usr/bin/pwsh",
        EstatePath = "/etc/drpowershell/estate.yaml",
        TimeZone = Zone(zone),
        Now = now,
    };

    public static DateTimeOffset[] Times(BackupSchedule schedule, DateTimeOffset after) =>
        [.. ProviderLoader.Catalog.Cron.Occurrences(schedule.Expression, schedule.TimeZone, after).Take(Count)];

    /// <summary>A day before each of the changes of clocks of a year; the year's beginning where there is none.</summary>
    public static IReadOnlyList<DateTimeOffset> Beginnings(string zone)
    {
        var year = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        DateTimeOffset[] changes = [.. Enumerable.Range(0, 365).Select(day => year.AddDays(day)).Where(day => Zone(zone).GetUtcOffset(day) != Zone(zone).GetUtcOffset(day.AddDays(1)))];
        return changes.Length == 0 ? [year] : [.. changes.Select(change => change.AddDays(-1))];
    }
}
