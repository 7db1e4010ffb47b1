using System.Globalization;

namespace DrPowerShell.Core.Retention;

/// <summary>A kind of period of which retention keeps one backup each; times are local to the policy's zone.</summary>
/// <param name="Rule">The rule's name.</param>
/// <param name="Key">The same number for two times if and only if they lie in the same period.</param>
/// <param name="Name">The period in words, such as <c>2026-11-20</c>.</param>
internal sealed record RetentionPeriod(string Rule, Func<DateTimeOffset, long> Key, Func<DateTimeOffset, string> Name)
{
    /// <summary>An hour that the clocks go through twice is two: their offsets tell them apart.</summary>
    public static RetentionPeriod Hour { get; } = new(
        "hourly",
        t => (t.DateTime.Ticks / TimeSpan.TicksPerHour * 10_000) + (long)t.Offset.TotalMinutes,
        t => Text(t, "yyyy-MM-dd'T'HHzzz"));

    public static RetentionPeriod Day { get; } = new("daily", t => DayNumber(t), t => Text(t, "yyyy-MM-dd"));

    /// <summary>The week of ISO 8601, which begins on Monday; its year may be another than the day's.</summary>
    public static RetentionPeriod Week { get; } = new(
        "weekly",
        t => DayNumber(t) / 7, // day 0, 0001-01-01, is a Monday
        t => string.Create(CultureInfo.InvariantCulture, $"{ISOWeek.GetYear(t.DateTime):0000}-W{ISOWeek.GetWeekOfYear(t.DateTime):00}"));

    public static RetentionPeriod Month { get; } = new("monthly", t => (t.Year * 12) + t.Month, t => Text(t, "yyyy-MM"));

    public static RetentionPeriod Year { get; } = new("yearly", t => t.Year, t => Text(t, "yyyy"));

    private static long DayNumber(DateTimeOffset time) => DateOnly.FromDateTime(time.DateTime).DayNumber;

    private static string Text(DateTimeOffset time, string format) => time.ToString(format, CultureInfo.InvariantCulture);
}
