using System.Globalization;

namespace DrPowerShell.Core.Schedules;

/// <summary>Reads the fields of cron expressions: lists, ranges (also around the end), steps, names, and the letters L, W and #.</summary>
internal static class CronFieldReader
{
    private static readonly string[] MonthNames = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    private static readonly string[] DayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    public static CronFields Read(string expression)
    {
        var fields = expression.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields is not [var minutes, var hours, var days, var months, var weekdays])
        {
            throw new ScheduleExpressionNotValidException(expression, $"it has {fields.Length} fields, not 5 (minute, hour, day, month, weekday).");
        }

        try
        {
            var fit = new CronFields
            {
                Text = string.Join(' ', fields),
                Minutes = Set(minutes, 0, 59, []),
                Hours = Set(hours, 0, 23, []),
                Days = [.. Enumerable.Range(1, 31)],
                Months = Set(months, 1, 12, MonthNames),
                Weekdays = [.. Enumerable.Range(0, 7)],
            };
            return WithWeekdays(WithDays(fit, days.ToUpperInvariant()), weekdays.ToUpperInvariant());
        }
        catch (FormatException e)
        {
            throw new ScheduleExpressionNotValidException(expression, e.Message);
        }
    }

    private static CronFields WithDays(CronFields fit, string field) => field switch
    {
        "L" => fit with { DaysBeforeLast = 0 },
        ['L', '-', .. var before] when !before.EndsWith('W') => fit with { DaysBeforeLast = Number(before, 0, 30, []) },
        [.., 'W'] => fit with { NearestWeekday = true },
        _ => fit with { Days = Set(field, 1, 31, []) },
    };

    private static CronFields WithWeekdays(CronFields fit, string field)
    {
        if (field.Split('#') is [var day, var occurrence])
        {
            return fit with { Weekdays = [Number(day, 0, 7, DayNames) % 7], WeekdayOccurrence = Number(occurrence, 1, 5, []) };
        }

        return field.Length > 1 && field[^1] == 'L'
            ? fit with { Weekdays = [Number(field[..^1], 0, 7, DayNames) % 7], WeekdayOccurrence = -1 }
            : fit with { Weekdays = [.. Set(field, 0, 7, DayNames).Select(one => one % 7).Distinct().Order()] };
    }

    private static int[] Set(string field, int least, int most, string[] names)
    {
        var values = new SortedSet<int>();
        foreach (var item in field.Split(','))
        {
            var (range, step) = item.Split('/') switch
            {
                [var only] => (only, 0),
                [var only, var by] => (only, Number(by, 1, most, [])),
                _ => throw new FormatException($"'{item}' is not understood."),
            };
            // Sunday is 0 and 7: a star or a range around the end counts it once.
            var span = names == DayNames ? 7 : most - least + 1;
            var (first, last) = range switch
            {
                "*" or "?" => (least, least + span - 1),
                _ when range.Split('-') is [var from, var to] => (Number(from, least, most, names), Number(to, least, most, names)),
                _ => (Number(range, least, most, names), step > 0 ? least + span - 1 : Number(range, least, most, names)),
            };
            last = last < first ? last + span : last;
            for (var value = first; value <= last; value += Math.Max(step, 1))
            {
                values.Add(value > most ? value - span : value);
            }
        }

        return [.. values];
    }

    private static int Number(string text, int least, int most, string[] names)
    {
        var named = Array.FindIndex(names, name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        var value = named >= 0 ? named + (names == MonthNames ? 1 : 0) : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
        return value >= least && value <= most ? value : throw new FormatException($"'{text}' is not understood.");
    }
}
