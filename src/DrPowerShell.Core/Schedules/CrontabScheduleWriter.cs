using System.Globalization;

namespace DrPowerShell.Core.Schedules;

/// <summary>Writes the lines of a user's crontab.</summary>
internal static class CrontabScheduleWriter
{
    private const int LongestCommand = 900;
    private const int Weekday = 4;

    public static IEnumerable<ScheduleFile> Write(BackupSchedule schedule, ScheduleHost host)
    {
        var script = ScheduleCommand.Script(schedule, ScheduleTarget.Crontab, host);
        var command = $"{ScheduleCommand.QuoteForShell(host.PowerShellPath)} {ScheduleCommand.Options} {ScheduleCommand.QuoteForShell(script)}";
        // cron itself turns '%' into the end of the line, quoted or not.
        command = command.Replace("%", @"\%", StringComparison.Ordinal);
        if (command.Length > LongestCommand)
        {
            throw new ScheduleNotExpressibleException(schedule.Name, ScheduleTarget.Crontab, "the command is longer than cron takes.");
        }

        var zone = schedule.TimeZone.HasSameRules(host.TimeZone) && schedule.TimeZone.BaseUtcOffset == host.TimeZone.BaseUtcOffset
            ? ""
            : $"""
            # CRON_TZ is read by cronie and systemd-cron; the cron of Debian and Ubuntu ignores it: use -As Systemd there.
            CRON_TZ={ScheduleCommand.IanaName(schedule.TimeZone)}

            """;
        var unit = ScheduleCommand.UnitName(schedule);
        return [new($"{unit}.cron", $"""
            # etcd backup by DrPowerShell: add to the crontab of {host.User ?? "root"} (crontab -u {host.User ?? "root"} -e).
            {zone}{Expression(schedule, ScheduleTarget.Crontab)} {command}

            """)];
    }

    /// <summary>The expression as every cron reads it.</summary>
    /// <exception cref="ScheduleNotExpressibleException">Crons do not agree on it.</exception>
    public static string Expression(BackupSchedule schedule, ScheduleTarget target)
    {
        var fit = CronFields.Parse(schedule.Expression);
        if (fit.DaysBeforeLast is not null || fit.NearestWeekday || fit.WeekdayOccurrence is not null)
        {
            throw new ScheduleNotExpressibleException(schedule.Name, target, "it uses L, W or #, which this cron does not know.");
        }

        if (!fit.IsAnyDay && !fit.IsAnyWeekday)
        {
            throw new ScheduleNotExpressibleException(schedule.Name, target, "it asks for a day of the month and a weekday, and this cron would run on either of them.");
        }

        // Ranges around the end, names and '?' are not for every cron: such fields are written out.
        var written = fit.Text.Split(' ');
        IReadOnlyList<int>[] sets = [fit.Minutes, fit.Hours, fit.Days, fit.Months, fit.Weekdays];
        int[] all = [60, 24, 31, 12, 7];
        return string.Join(' ', written.Select((field, i) => sets[i].Count == all[i] ? "*" : IsPlain(field, i) ? field : Ranges(sets[i])));
    }

    // Ranges, not lists: over a change of clocks cron follows the elapsed time in the one and the clock in the other.
    private static string Ranges(IReadOnlyList<int> values)
    {
        var parts = new List<string>();
        for (int i = 0, next; i < values.Count; i = next)
        {
            for (next = i + 1; next < values.Count && values[next] == values[next - 1] + 1; next++)
            {
            }

            parts.Add(next - i > 1 ? string.Create(CultureInfo.InvariantCulture, $"{values[i]}-{values[next - 1]}") : values[i].ToString(CultureInfo.InvariantCulture));
        }

        return string.Join(',', parts);
    }

    private static bool IsPlain(string field, int index) => field.All(c => char.IsAsciiDigit(c) || c is '*' or ',' or '-' or '/')
        && !(index == Weekday && field.Contains('7', StringComparison.Ordinal))
        && field.Split(',').All(item => (item.Split('/')[0].Split('-'), item.Contains('/', StringComparison.Ordinal)) switch
        {
            ([var from, var to], _) => Number(from) < Number(to),
            (["*"], _) => true,
            var (_, step) => !step,
        });

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
