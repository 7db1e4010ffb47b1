using Cronos;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Schedules;

namespace DrPowerShell.Providers.Cron;

/// <summary>
/// Cron expressions by Cronos. A day of the month and a weekday must both fit, and over a change of clocks a time that does not exist comes at
/// the change, one that comes twice comes once; expressions with '*', ranges or steps in hours or minutes follow the elapsed time instead.
/// </summary>
internal sealed class CronCalendar : ICalendar
{
    public IEnumerable<DateTimeOffset> Occurrences(string expression, TimeZoneInfo timeZone, DateTimeOffset after) =>
        Walk(Parse(expression), timeZone, after);

    private static CronExpression Parse(string expression)
    {
        var fields = expression.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length is not (5 or 6))
        {
            throw new ScheduleExpressionNotValidException(expression, $"it has {fields.Length} fields, not 5 (minute, hour, day, month, weekday).");
        }

        try
        {
            return CronExpression.Parse(string.Join(' ', fields), fields.Length == 6 ? CronFormat.IncludeSeconds : CronFormat.Standard);
        }
        catch (MissingSeedException)
        {
            throw new ScheduleExpressionNotValidException(expression, "'H' (any time that suits) is not known here.");
        }
        catch (FormatException e)
        {
            throw new ScheduleExpressionNotValidException(expression, e.Message.Split('\n')[0].TrimEnd('\r', '.') + ".");
        }
    }

    // Checked before this is enumerated: an iterator would throw only at the first element.
    private static IEnumerable<DateTimeOffset> Walk(CronExpression cron, TimeZoneInfo timeZone, DateTimeOffset after)
    {
        while (cron.GetNextOccurrence(after, timeZone) is { } next)
        {
            after = next.ToUniversalTime();
            yield return after;
        }
    }
}
