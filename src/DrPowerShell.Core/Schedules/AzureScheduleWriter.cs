using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Schedules;

/// <summary>Writes a runbook and its schedules, in the shape of the resource Microsoft.Automation/automationAccounts/schedules.</summary>
internal static class AzureScheduleWriter
{
    // One schedule a time of the day.
    private const int MostSchedules = 24;

    private static readonly TimeSpan Soonest = TimeSpan.FromMinutes(6);
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IEnumerable<ScheduleFile> Write(BackupSchedule schedule, ScheduleHost host, ICalendar calendar)
    {
        var unit = ScheduleCommand.UnitName(schedule);
        return [new($"{unit}.ps1", Runbook(schedule, host, unit)), new($"{unit}.schedules.json", Schedules(schedule, host, unit, calendar))];
    }

    private static string Runbook(BackupSchedule schedule, ScheduleHost host, string unit)
    {
        _ = ScheduleCommand.Script(schedule, ScheduleTarget.AzureAutomation, host); // refuses what no file carries
        var estate = host.EstatePath is { } path
            ? $"$estate = {ScheduleCommand.Quote(path)}"
            : """
            # A sandbox keeps no files: the estate is the account's variable of this name (encrypted).
            $estate = Join-Path ([IO.Path]::GetTempPath()) 'drpowershell-estate.yaml'
            [IO.File]::WriteAllText($estate, (Get-AutomationVariable -Name 'DrPowerShellEstate'))
            """;
        return $$"""
            #requires -Version 7.4
            # {{unit}}: a PowerShell 7.4 runbook of Azure Automation; the schedules beside it start it.
            $ErrorActionPreference = 'Stop'
            {{estate}}
            Import-Module {{ScheduleCommand.Quote(host.Module)}}
            Invoke-BackupSchedule -Name {{ScheduleCommand.Quote(schedule.Name)}} -Estate $estate

            """;
    }

    private static string Schedules(BackupSchedule schedule, ScheduleHost host, string unit, ICalendar calendar)
    {
        var fit = CronFields.Parse(schedule.Expression);
        var hourly = fit.IsAnyHour && fit.IsEveryDay;
        var times = hourly ? [.. fit.Minutes.Select(minute => new TimeOnly(0, minute))] : fit.Times.ToArray();
        if (times.Length > MostSchedules)
        {
            throw NotExpressible(schedule, $"it would take {times.Length} schedules; up to {MostSchedules} times are reasonable.");
        }

        var list = new JsonArray();
        foreach (var time in times)
        {
            var (frequency, interval, advanced) = hourly ? ("Hour", 1, null) : Days(schedule, fit);
            list.Add(new JsonObject
            {
                ["name"] = hourly ? $"{unit}-{time:mm}" : $"{unit}-{time:HHmm}",
                ["runbook"] = unit,
                ["properties"] = Properties(schedule, First(schedule, fit, hourly ? null : time, time.Minute, host, calendar), frequency, interval, advanced),
            });
        }

        return list.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Properties(BackupSchedule schedule, DateTimeOffset start, string frequency, int interval, JsonObject? advanced)
    {
        var properties = new JsonObject
        {
            ["description"] = $"{schedule.Name}: {schedule.Expression}",
            ["startTime"] = TimeZoneInfo.ConvertTime(start, schedule.TimeZone).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture),
            ["timeZone"] = ScheduleCommand.IanaName(schedule.TimeZone),
            ["frequency"] = frequency,
            ["interval"] = interval,
        };
        if (advanced is not null)
        {
            properties["advancedSchedule"] = advanced;
        }

        return properties;
    }

    private static (string Frequency, int Interval, JsonObject? Advanced) Days(BackupSchedule schedule, CronFields fit)
    {
        if (fit.NearestWeekday || fit.DaysBeforeLast > 0 || (!fit.IsAnyDay && !fit.IsAnyWeekday))
        {
            throw NotExpressible(schedule, "Azure knows neither W and L-3 nor a day of the month that must be a certain weekday too.");
        }

        if (fit.IsEveryDay)
        {
            return ("Day", 1, null);
        }

        if (fit.IsAnyMonth && fit.IsAnyDay && fit.WeekdayOccurrence is null)
        {
            return ("Week", 1, new JsonObject { ["weekDays"] = new JsonArray([.. fit.Weekdays.Select(day => (JsonNode)((DayOfWeek)day).ToString())]) });
        }

        // Months are told by their distance alone: each, every second, ..., or one a year.
        var interval = 12 / fit.Months.Count;
        if (12 % fit.Months.Count != 0 || !fit.Months.Zip(fit.Months.Skip(1)).All(pair => pair.Second - pair.First == interval) || (fit.IsAnyDay && fit.WeekdayOccurrence is null))
        {
            throw NotExpressible(schedule, "Azure knows months at equal distances alone, with certain days in them.");
        }

        return ("Month", interval, fit.WeekdayOccurrence is { } occurrence
            ? new JsonObject { ["monthlyOccurrences"] = new JsonArray(new JsonObject { ["occurrence"] = occurrence, ["day"] = ((DayOfWeek)fit.Weekdays[0]).ToString() }) }
            : new JsonObject { ["monthDays"] = new JsonArray([.. (fit.DaysBeforeLast is null ? fit.Days : [-1]).Select(day => (JsonNode)day)]) });
    }

    // Azure refuses a start that is not five minutes away; what it reckons from is the first time that the schedule really has.
    private static DateTimeOffset First(BackupSchedule schedule, CronFields fit, TimeOnly? time, int minute, ScheduleHost host, ICalendar calendar)
    {
        var fields = fit.Text.Split(' ');
        fields[0] = minute.ToString(CultureInfo.InvariantCulture);
        fields[1] = time?.Hour.ToString(CultureInfo.InvariantCulture) ?? "*";
        return calendar.Occurrences(string.Join(' ', fields), schedule.TimeZone, host.Now + Soonest).FirstOrDefault() is var first && first != default
            ? first
            : throw NotExpressible(schedule, "it never comes to pass.");
    }

    private static ScheduleNotExpressibleException NotExpressible(BackupSchedule schedule, string reason) => new(schedule.Name, ScheduleTarget.AzureAutomation, reason);
}
