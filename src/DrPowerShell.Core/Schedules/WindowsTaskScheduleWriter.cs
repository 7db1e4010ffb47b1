using System.Globalization;
using System.Xml.Linq;

namespace DrPowerShell.Core.Schedules;

/// <summary>Writes a task for <c>Register-ScheduledTask -Xml</c> and <c>schtasks /create /xml</c>.</summary>
internal static class WindowsTaskScheduleWriter
{
    // What the Task Scheduler takes.
    private const int MostTriggers = 48;

    private static readonly XNamespace Schema = "http://schemas.microsoft.com/windows/2004/02/mit/task";
    private static readonly CultureInfo English = CultureInfo.InvariantCulture;
    private static readonly string[] EveryWeek = ["1", "2", "3", "4", "Last"];

    public static IEnumerable<ScheduleFile> Write(BackupSchedule schedule, ScheduleHost host)
    {
        var unit = ScheduleCommand.UnitName(schedule);
        var script = ScheduleCommand.Script(schedule, ScheduleTarget.WindowsTask, host);
        var system = host.User is null;
        var task = new XElement(Schema + "Task", new XAttribute("version", "1.4"),
            Element("RegistrationInfo", Element("Description", $"etcd backup by DrPowerShell: {schedule.Name}"), Element("URI", $@"\DrPowerShell\{unit}")),
            Element("Triggers", [.. Triggers(schedule, host)]),
            Element("Principals", new XElement(Schema + "Principal", new XAttribute("id", "Author"),
                Element("UserId", system ? "S-1-5-18" : host.User!),
                system ? null : Element("LogonType", "S4U"),
                Element("RunLevel", "LeastPrivilege"))),
            Element("Settings",
                Element("MultipleInstancesPolicy", "IgnoreNew"),
                Element("DisallowStartIfOnBatteries", "false"),
                Element("StopIfGoingOnBatteries", "false"),
                Element("StartWhenAvailable", "true"),
                Element("RunOnlyIfNetworkAvailable", "false"),
                Element("Enabled", "true"),
                Element("ExecutionTimeLimit", "PT24H")),
            new XElement(Schema + "Actions", new XAttribute("Context", "Author"),
                Element("Exec",
                    Element("Command", host.PowerShellPath),
                    Element("Arguments", $"{ScheduleCommand.Options} {ScheduleCommand.QuoteForWindows(script)}"))));
        var text = new XDocument(new XDeclaration("1.0", "UTF-16", null), task);
        return [new($"{unit}.xml", $"{text.Declaration}\r\n{text}\r\n") { IsUtf16 = true }];
    }

    private static IEnumerable<XElement> Triggers(BackupSchedule schedule, ScheduleHost host)
    {
        var fit = CronFields.Parse(schedule.Expression);
        if (fit.NearestWeekday || fit.DaysBeforeLast > 0)
        {
            throw NotExpressible(schedule, "the Task Scheduler knows neither working days nearest to a date (W) nor days before the last (L-3).");
        }

        if (!fit.IsAnyDay && !fit.IsAnyWeekday)
        {
            throw NotExpressible(schedule, "the Task Scheduler knows no day of the month that must be a certain weekday too.");
        }

        var local = IsSame(schedule.TimeZone, host.TimeZone);
        var utc = IsSame(schedule.TimeZone, TimeZoneInfo.Utc);
        if (!local && !(utc && fit.IsEveryDay))
        {
            throw NotExpressible(schedule, $"tasks run by the machine's own time zone, {host.TimeZone.Id}; only every day can be told in UTC.");
        }

        var day = TimeZoneInfo.ConvertTime(host.Now, schedule.TimeZone).Date;
        var mark = local ? "" : "Z";
        if (fit.IsAnyHour && fit.IsEveryDay)
        {
            // Every hour has one of each: a repetition without end, which a change of clocks does not disturb.
            return fit.Minutes.Count <= MostTriggers ? fit.Minutes.Select(minute => Hourly(day, minute, mark))
                : fit.IsAnyMinute ? [Repeated(day.ToString("s", English) + mark, "PT1M")]
                : throw NotExpressible(schedule, $"it would take {fit.Minutes.Count} triggers, and a task has {MostTriggers} at most.");
        }

        var count = fit.Hours.Count * fit.Minutes.Count;
        return count <= MostTriggers
            ? fit.Times.Select(time => Element("CalendarTrigger", Element("StartBoundary", (day + time.ToTimeSpan()).ToString("s", English) + mark), Days(fit)))
            : throw NotExpressible(schedule, $"it would take {count} triggers, and a task has {MostTriggers} at most.");
    }

    private static XElement Hourly(DateTime day, int minute, string mark) => Repeated(day.AddMinutes(minute).ToString("s", English) + mark, "PT1H");

    private static XElement Repeated(string start, string interval) =>
        Element("TimeTrigger", Element("Repetition", Element("Interval", interval)), Element("StartBoundary", start));

    private static XElement Days(CronFields fit)
    {
        var months = Element("Months", [.. fit.Months.Select(month => Element(English.DateTimeFormat.GetMonthName(month)))]);
        var weekdays = Element("DaysOfWeek", [.. fit.Weekdays.Select(day => Element(((DayOfWeek)day).ToString()))]);
        return fit switch
        {
            { WeekdayOccurrence: { } number } => Element("ScheduleByMonthDayOfWeek",
                Element("Weeks", Element("Week", number < 0 ? "Last" : number.ToString(English))), weekdays, months),
            { DaysBeforeLast: 0 } => Element("ScheduleByMonth", Element("DaysOfMonth", Element("Day", "Last")), months),
            { IsAnyDay: false } => Element("ScheduleByMonth", Element("DaysOfMonth", [.. fit.Days.Select(day => Element("Day", day.ToString(English)))]), months),
            { IsAnyMonth: false, IsAnyWeekday: true } => Element("ScheduleByMonth", Element("DaysOfMonth", [.. fit.Days.Select(day => Element("Day", day.ToString(English)))]), months),
            { IsAnyMonth: false } => Element("ScheduleByMonthDayOfWeek",
                Element("Weeks", [.. EveryWeek.Select(week => Element("Week", week))]), weekdays, months),
            { IsAnyWeekday: false } => Element("ScheduleByWeek", Element("WeeksInterval", "1"), weekdays),
            _ => Element("ScheduleByDay", Element("DaysInterval", "1")),
        };
    }

    private static bool IsSame(TimeZoneInfo one, TimeZoneInfo other) => one.BaseUtcOffset == other.BaseUtcOffset && one.HasSameRules(other);

    private static ScheduleNotExpressibleException NotExpressible(BackupSchedule schedule, string reason) => new(schedule.Name, ScheduleTarget.WindowsTask, reason);

    private static XElement Element(string name, params object?[] content) => new(Schema + name, content);
}
