using DrPowerShell.Core.Ports;

namespace DrPowerShell.Providers.Cron;

internal sealed class CronCalendar : ICalendar
{
    public IEnumerable<DateTimeOffset> Occurrences(string expression, TimeZoneInfo timeZone, DateTimeOffset after) => throw new NotSupportedException();
}
