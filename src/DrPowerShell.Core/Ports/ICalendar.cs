namespace DrPowerShell.Core.Ports;

/// <summary>The calendar arithmetic of cron expressions, across daylight-saving changes.</summary>
public interface ICalendar
{
    /// <summary>The next times of a cron expression (5 fields, or 6 with seconds first) after a moment, in UTC.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="timeZone">Where its hours are read.</param>
    /// <param name="after">Exclusive.</param>
    /// <exception cref="DrPowerShell.Core.Schedules.ScheduleExpressionNotValidException">It is no cron expression.</exception>
    IEnumerable<DateTimeOffset> Occurrences(string expression, TimeZoneInfo timeZone, DateTimeOffset after);
}
