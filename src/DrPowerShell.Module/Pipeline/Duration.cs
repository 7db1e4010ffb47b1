using System.Globalization;

namespace DrPowerShell.Module.Pipeline;

/// <summary>Shows how long something takes as people say it: the two largest units.</summary>
public static class Duration
{
    /// <summary>A span such as <c>2h 05m</c>, <c>4m 10s</c>, <c>30m</c>, <c>41s</c> or <c>3d 4h</c>; a dash for none.</summary>
    public static string Show(TimeSpan? span) => span switch
    {
        null => "-",
        { Ticks: < 0 } negative => "-" + Show(-negative),
        { TotalDays: >= 1 } days => Join(days.Days, "d", days.Hours, "h", "0"),
        { TotalHours: >= 1 } hours => Join(hours.Hours, "h", hours.Minutes, "m", "00"),
        { TotalMinutes: >= 1 } minutes => Join(minutes.Minutes, "m", minutes.Seconds, "s", "00"),
        { } seconds => seconds.Seconds.ToString(CultureInfo.InvariantCulture) + "s",
    };

    private static string Join(int first, string unit, int second, string smaller, string format) =>
        $"{first}{unit}{(second == 0 ? "" : " " + second.ToString(format, CultureInfo.InvariantCulture) + smaller)}";
}
