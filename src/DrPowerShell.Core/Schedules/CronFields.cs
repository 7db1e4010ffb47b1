namespace DrPowerShell.Core.Schedules;

/// <summary>A cron expression of five fields as what its fields allow: what other calendars are translated from.</summary>
/// <remarks>Day and weekday must both fit, as Cronos reads them; classic cron runs on either where both are restricted.</remarks>
public sealed record CronFields
{
    /// <summary>The expression, fields one space apart.</summary>
    public required string Text { get; init; }

    /// <summary>0 to 59, ascending, as all the lists are.</summary>
    public required IReadOnlyList<int> Minutes { get; init; }

    /// <summary>0 to 23.</summary>
    public required IReadOnlyList<int> Hours { get; init; }

    /// <summary>1 to 31; all where <see cref="DaysBeforeLast"/> or <see cref="NearestWeekday"/> tells the day.</summary>
    public required IReadOnlyList<int> Days { get; init; }

    /// <summary>1 to 12.</summary>
    public required IReadOnlyList<int> Months { get; init; }

    /// <summary>0 (Sunday) to 6.</summary>
    public required IReadOnlyList<int> Weekdays { get; init; }

    /// <summary>L: 0 for the month's last day, 3 for the third before it.</summary>
    public int? DaysBeforeLast { get; init; }

    /// <summary>W: the working day nearest to the day.</summary>
    public bool NearestWeekday { get; init; }

    /// <summary>#: the weekday's occurrence in the month, 1 to 5; -1 for its last (L).</summary>
    public int? WeekdayOccurrence { get; init; }

    public bool IsAnyMinute => Minutes.Count == 60;

    public bool IsAnyHour => Hours.Count == 24;

    public bool IsAnyDay => Days.Count == 31 && DaysBeforeLast is null && !NearestWeekday;

    public bool IsAnyMonth => Months.Count == 12;

    public bool IsAnyWeekday => Weekdays.Count == 7 && WeekdayOccurrence is null;

    /// <summary>Whether every day of every year is one.</summary>
    public bool IsEveryDay => IsAnyDay && IsAnyMonth && IsAnyWeekday;

    /// <summary>Every time of a day at which it runs.</summary>
    public IEnumerable<TimeOnly> Times => Hours.SelectMany(hour => Minutes.Select(minute => new TimeOnly(hour, minute)));

    /// <summary>Reads an expression that a calendar has found to be one.</summary>
    /// <exception cref="ScheduleExpressionNotValidException">It has other than five fields, or a field is not understood.</exception>
    public static CronFields Parse(string expression) => CronFieldReader.Read(expression);

    public override string ToString() => Text;
}
