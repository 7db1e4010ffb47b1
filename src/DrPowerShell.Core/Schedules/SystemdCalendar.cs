using System.Globalization;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Schedules;

/// <summary>Translates cron expressions into OnCalendar lines (systemd.time(7)).</summary>
/// <remarks>
/// systemd leaves out a time that a change of clocks skips, and the second coming of an hour that it repeats. Where cron runs then, the moment is
/// named in a line of its own, for the ten years to come.
/// </remarks>
internal static class SystemdCalendar
{
    private const int Years = 10;

    private static readonly string[] DayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

    public static IReadOnlyList<string> Lines(BackupSchedule schedule, ICalendar calendar, DateTimeOffset now)
    {
        var fit = CronFields.Parse(schedule.Expression);
        if (fit.NearestWeekday)
        {
            throw new ScheduleNotExpressibleException(schedule.Name, ScheduleTarget.Systemd, "systemd does not know the working day nearest to a date (W).");
        }

        if (fit.WeekdayOccurrence is not null && !fit.IsAnyDay)
        {
            throw new ScheduleNotExpressibleException(schedule.Name, ScheduleTarget.Systemd, "it restricts the day, and which weekday of the month it is.");
        }

        var changes = Changes(schedule.TimeZone, now).ToArray();
        // Every hour of every day is the same in UTC, where no hour is missing or doubled.
        var asUtc = fit.IsAnyHour && fit.IsEveryDay && changes.All(change => change.Before.Minutes == 0 && change.After.Minutes == 0) && changes.Length > 0;
        return [
            Line(fit, asUtc ? "UTC" : ScheduleCommand.IanaName(schedule.TimeZone)),
            .. asUtc ? [] : LeftOut(schedule, fit, calendar, changes)];
    }

    private static string Line(CronFields fit, string zone)
    {
        var weekdays = fit.Weekdays.Count == 7 ? "" : string.Join(',', fit.Weekdays.Select(day => DayNames[day])) + " ";
        var days = fit switch
        {
            { DaysBeforeLast: { } before } => $"~{before + 1:00}",
            { WeekdayOccurrence: -1 } => "~07/1",
            { WeekdayOccurrence: { } number } => string.Create(CultureInfo.InvariantCulture, $"-{(number * 7) - 6:00}..{Math.Min(number * 7, 31):00}"),
            _ => "-" + List(fit.Days, 31),
        };
        return $"{weekdays}*-{List(fit.Months, 12)}{days} {List(fit.Hours, 24)}:{List(fit.Minutes, 60)}:00 {zone}";
    }

    private static string List(IReadOnlyList<int> values, int all)
    {
        if (values.Count == all)
        {
            return "*";
        }

        var parts = new List<string>();
        for (int i = 0, next; i < values.Count; i = next)
        {
            for (next = i + 1; next < values.Count && values[next] == values[next - 1] + 1; next++)
            {
            }

            parts.Add(next - i > 1 ? string.Create(CultureInfo.InvariantCulture, $"{values[i]:00}..{values[next - 1]:00}") : values[i].ToString("00", CultureInfo.InvariantCulture));
        }

        return string.Join(',', parts);
    }

    private static IEnumerable<string> LeftOut(BackupSchedule schedule, CronFields fit, ICalendar calendar, IEnumerable<(DateTimeOffset Around, TimeSpan Before, TimeSpan After)> changes)
    {
        var zone = schedule.TimeZone;
        foreach (var (around, _, _) in changes)
        {
            foreach (var time in calendar.Occurrences(schedule.Expression, zone, around.AddDays(-1)).TakeWhile(time => time < around.AddDays(2)))
            {
                var local = TimeZoneInfo.ConvertTime(time, zone);
                var skipped = !fit.Hours.Contains(local.Hour) || !fit.Minutes.Contains(local.Minute);
                var second = zone.IsAmbiguousTime(local) && local.Offset == zone.GetAmbiguousTimeOffsets(local).Min();
                if (skipped || second)
                {
                    yield return time.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
                }
            }
        }
    }

    private static IEnumerable<(DateTimeOffset Around, TimeSpan Before, TimeSpan After)> Changes(TimeZoneInfo zone, DateTimeOffset now)
    {
        var day = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        for (var end = day.AddYears(Years); day < end; day = day.AddDays(1))
        {
            var (before, after) = (zone.GetUtcOffset(day), zone.GetUtcOffset(day.AddDays(1)));
            if (before != after)
            {
                yield return (day, before, after);
            }
        }
    }
}
