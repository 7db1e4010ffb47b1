using System.Globalization;
using System.Text.Json;
using DrPowerShell.Core.Schedules;
using Xunit;

namespace DrPowerShell.Core.Tests.Schedules;

/// <summary>Schedules of Azure Automation, read back: their times are worked out again from the JSON alone.</summary>
public sealed class AzureScheduleTests
{
    [Theory]
    [InlineData("0 4 * * *")]
    [InlineData("0 * * * *")]
    [InlineData("0,30 * * * *")]
    [InlineData("15 */6 * * *")]
    [InlineData("15 5,13 * * 1-5")]
    [InlineData("0 4 1,15 * *")]
    [InlineData("0 4 L * *")]
    [InlineData("0 4 * * 5L")]
    [InlineData("0 4 * * 1#2")]
    [InlineData("0 5 1 1,4,7,10 *")]
    [InlineData("0 5 29 2 *")]
    public void The_schedules_come_at_the_times_asked_for(string expression)
    {
        foreach (var zone in new[] { "UTC", "Europe/Berlin", "Asia/Kolkata" })
        {
            foreach (var begin in Sample.Beginnings(zone))
            {
                var schedule = Sample.Schedule(expression, zone);
                using var json = JsonDocument.Parse(ScheduleWriter.Write(schedule, ScheduleTarget.AzureAutomation, Sample.Host(begin))[1].Content);
                var all = json.RootElement.EnumerateArray().ToArray();

                Assert.Equal(Sample.Times(schedule, begin.AddMinutes(6))[..20], all.SelectMany(one => Times(one.GetProperty("properties"), Sample.Zone(zone))).Order().Take(20));
                Assert.Equal(all.Length, all.Select(one => one.GetProperty("name").GetString()).Distinct().Count());
                Assert.All(all, one => Assert.Equal("drpowershell-nightly", one.GetProperty("runbook").GetString()));
            }
        }
    }

    [Fact]
    public void The_runbook_runs_the_schedule_by_its_name()
    {
        var host = new ScheduleHost { EstatePath = null };
        var runbook = ScheduleWriter.Write(Sample.Schedule("0 4 * * *", name: "o'brien"), ScheduleTarget.AzureAutomation, host)[0];

        Assert.EndsWith(".ps1", runbook.FileName);
        Assert.Contains("Import-Module 'DrPowerShell'\nInvoke-BackupSchedule -Name 'o''brien' -Estate $estate\n", runbook.Content);
        Assert.Contains("Get-AutomationVariable", runbook.Content);
    }

    [Theory]
    [InlineData("*/2 * * * *")]
    [InlineData("0 2 15W * *")]
    [InlineData("0 2 13 * 5")]
    [InlineData("0 2 * 6 *")]
    [InlineData("0 2 1 1,2 *")]
    public void What_Azure_cannot_tell_is_refused(string expression) =>
        Assert.Equal(ScheduleTarget.AzureAutomation, Assert.Throws<ScheduleNotExpressibleException>(() =>
            ScheduleWriter.Write(Sample.Schedule(expression), ScheduleTarget.AzureAutomation, Sample.Host(DateTimeOffset.UtcNow))).Target);

    private static IEnumerable<DateTimeOffset> Times(JsonElement properties, TimeZoneInfo zone)
    {
        Assert.Equal(zone.Id, properties.GetProperty("timeZone").GetString());
        var start = DateTimeOffset.Parse(properties.GetProperty("startTime").GetString()!, CultureInfo.InvariantCulture);
        var (interval, frequency) = (properties.GetProperty("interval").GetInt32(), properties.GetProperty("frequency").GetString());
        var advanced = properties.TryGetProperty("advancedSchedule", out var found) ? found : default;
        if (frequency == "Hour")
        {
            return Enumerable.Range(0, 60).Select(number => start.AddHours(number * interval).ToUniversalTime());
        }

        var local = TimeZoneInfo.ConvertTime(start, zone).DateTime;
        return Enumerable.Range(0, 366 * 90).Select(day => local.AddDays(day)).Where(day => frequency switch
        {
            "Day" => interval == 1,
            "Week" => advanced.GetProperty("weekDays").EnumerateArray().Any(one => one.GetString() == day.DayOfWeek.ToString()),
            _ => (((day.Year - local.Year) * 12) + day.Month - local.Month) % interval == 0 && FitsMonth(advanced, day),
        }).Select(time => new DateTimeOffset(time, zone.GetUtcOffset(time)).ToUniversalTime()).Take(60);
    }

    private static bool FitsMonth(JsonElement advanced, DateTime day)
    {
        var last = DateTime.DaysInMonth(day.Year, day.Month);
        if (advanced.TryGetProperty("monthDays", out var days))
        {
            return days.EnumerateArray().Any(one => one.GetInt32() == (one.GetInt32() < 0 ? day.Day - last - 1 : day.Day));
        }

        var one = advanced.GetProperty("monthlyOccurrences")[0];
        return one.GetProperty("day").GetString() == day.DayOfWeek.ToString()
            && (one.GetProperty("occurrence").GetInt32() is > 0 and var number ? (day.Day + 6) / 7 == number : day.Day > last - 7);
    }
}
