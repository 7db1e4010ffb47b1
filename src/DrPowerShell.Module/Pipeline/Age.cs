using System.Globalization;

namespace DrPowerShell.Module.Pipeline;

/// <summary>Shows spans of time as people say them: one unit.</summary>
public static class Age
{
    /// <summary>A span such as <c>45m</c>, <c>2h</c> or <c>12d</c>; a dash for none.</summary>
    public static string Show(TimeSpan? age) => age switch
    {
        null => "-",
        { TotalHours: >= 48 } days => days.TotalDays.ToString("0", CultureInfo.CurrentCulture) + "d",
        { TotalMinutes: >= 90 } hours => hours.TotalHours.ToString("0", CultureInfo.CurrentCulture) + "h",
        { } minutes => Math.Max(0, minutes.TotalMinutes).ToString("0", CultureInfo.CurrentCulture) + "m",
    };
}
