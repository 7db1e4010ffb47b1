using System.Globalization;
using System.Xml.Linq;
using DrPowerShell.Core.Schedules;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Schedules;

/// <summary>Tasks of Windows, read back: their triggers are worked out again from the XML alone.</summary>
public sealed class WindowsTaskScheduleTests
{
    private static readonly XNamespace Schema = "http://schemas.microsoft.com/windows/2004/02/mit/task";

    [Theory]
    [InlineData("0 4 * * *")]
    [InlineData("0 * * * *")]
    [InlineData("*/15 * * * *")]
    [InlineData("* * * * *")]
    [InlineData("15 5,13 * * 1-5")]
    [InlineData("0 4 1,15 * *")]
    [InlineData("0 4 L * *")]
    [InlineData("0 4 * * 5L")]
    [InlineData("0 4 * * 1#2")]
    [InlineData("0 5 1 1,4,7,10 *")]
    [InlineData("0 5 * 6 SUN")]
    [InlineData("0 5 * 6 *")]
    [InlineData("*/20 8-18 * * MON-FRI")]
    public void The_triggers_come_at_the_times_asked_for(string expression)
    {
        foreach (var zone in new[] { "UTC", "Europe/Berlin", "America/New_York" })
        {
            foreach (var begin in Sample.Beginnings(zone))
            {
                var schedule = Sample.Schedule(expression, zone);
                var task = Read(schedule, Sample.Host(begin, zone));

                Assert.Equal(Sample.Times(schedule, begin), task.Descendants(Schema + "Triggers").Single().Elements().SelectMany(trigger => Times(trigger, Sample.Zone(zone), begin)).Order().Take(Sample.Count));
            }
        }
    }

    [Fact]
    public void A_daily_time_in_UTC_is_told_on_a_machine_elsewhere()
    {
        var task = Read(Sample.Schedule("0 2,14 * * *"), Sample.Host(DateTimeOffset.UtcNow, "Europe/Berlin"));

        Assert.All(task.Descendants(Schema + "StartBoundary"), start => Assert.EndsWith("Z", start.Value));
    }

    [Fact]
    public void The_task_is_one_that_does_not_overlap_and_makes_up_for_what_was_missed()
    {
        var host = Sample.Host(DateTimeOffset.UtcNow) with { PowerShellPath = @"C:\Program Files\PowerShell\7\pwsh.exe", EstatePath = @"C:\o'brien & ""sons""\", User = @"DOMAIN\backup" };
        var file = Assert.Single(ScheduleWriter.Write(Sample.Schedule("0 2 * * *", name: "a\"b"), ScheduleTarget.WindowsTask, host));
        var task = XDocument.Parse(file.Content);

        Assert.True(file.IsUtf16);
        Assert.Equal("IgnoreNew", task.Descendants(Schema + "MultipleInstancesPolicy").Single().Value);
        Assert.Equal("true", task.Descendants(Schema + "StartWhenAvailable").Single().Value);
        Assert.Equal(@"DOMAIN\backup", task.Descendants(Schema + "UserId").Single().Value);
        Assert.Equal(host.PowerShellPath, task.Descendants(Schema + "Command").Single().Value);
        Assert.Equal(
            """-NoProfile -NonInteractive -Command "Import-Module 'DrPowerShell'; Invoke-BackupSchedule -Name 'a\"b' -Estate 'C:\o''brien & \"sons\"\'" """.TrimEnd(),
            task.Descendants(Schema + "Arguments").Single().Value);
    }

    [Theory]
    [InlineData("0 2 15W * *", "UTC", "UTC")]
    [InlineData("0 2 L-3 * *", "UTC", "UTC")]
    [InlineData("0 2 13 * 5", "UTC", "UTC")]
    [InlineData("*/7 * * * 1", "UTC", "UTC")]
    [InlineData("0 2 * * *", "America/New_York", "Europe/Berlin")]
    [InlineData("0 2 * * 1", "UTC", "Europe/Berlin")]
    public void What_a_task_cannot_tell_is_refused(string expression, string zone, string machine) =>
        Assert.Equal(ScheduleTarget.WindowsTask, Assert.Throws<ScheduleNotExpressibleException>(() =>
            ScheduleWriter.Write(Sample.Schedule(expression, zone), ScheduleTarget.WindowsTask, Sample.Host(DateTimeOffset.UtcNow, machine))).Target);

    [Fact]
    public void The_file_is_written_as_Windows_reads_it()
    {
        using var folder = new TempFolder("task");
        var file = ScheduleWriter.Write(Sample.Schedule("0 2 * * *"), ScheduleTarget.WindowsTask, Sample.Host(DateTimeOffset.UtcNow))[0].WriteTo(folder.FullName);

        Assert.Equal([0xFF, 0xFE], File.ReadAllBytes(file.Path!)[..2]);
        Assert.Equal("Task", XDocument.Load(file.Path!).Root!.Name.LocalName);
        Assert.Equal(["drpowershell-nightly.xml"], folder.List());
    }

    private static XDocument Read(BackupSchedule schedule, ScheduleHost host) => XDocument.Parse(Assert.Single(ScheduleWriter.Write(schedule, ScheduleTarget.WindowsTask, host)).Content);

    private static IEnumerable<DateTimeOffset> Times(XElement trigger, TimeZoneInfo zone, DateTimeOffset after)
    {
        var start = DateTime.Parse(trigger.Element(Schema + "StartBoundary")!.Value, CultureInfo.InvariantCulture);
        if (trigger.Name.LocalName == "TimeTrigger")
        {
            var every = System.Xml.XmlConvert.ToTimeSpan(trigger.Descendants(Schema + "Interval").Single().Value);
            var first = new DateTimeOffset(start, zone.GetUtcOffset(start)).ToUniversalTime();
            return Enumerable.Range(0, 5000).Select(number => first + (number * every)).Where(time => time > after).Take(Sample.Count);
        }

        return Enumerable.Range(0, 60 * 366).Select(day => start.AddDays(day)).Where(day => Fits(trigger, day))
            .Select(time => new DateTimeOffset(time, zone.GetUtcOffset(time)).ToUniversalTime()).Where(time => time > after).Take(Sample.Count);
    }

    private static bool Fits(XElement trigger, DateTime day)
    {
        var (last, english) = (DateTime.DaysInMonth(day.Year, day.Month), CultureInfo.InvariantCulture);
        bool Has(string list, string name) => trigger.Descendants(Schema + list).Single().Elements().Any(one => one.Name.LocalName == name || one.Value == name);
        return trigger.Elements().Last().Name.LocalName switch
        {
            "ScheduleByDay" => true,
            "ScheduleByWeek" => Has("DaysOfWeek", day.DayOfWeek.ToString()),
            "ScheduleByMonth" => Has("Months", day.ToString("MMMM", english)) && (Has("DaysOfMonth", $"{day.Day}") || (day.Day == last && Has("DaysOfMonth", "Last"))),
            "ScheduleByMonthDayOfWeek" => Has("Months", day.ToString("MMMM", english)) && Has("DaysOfWeek", day.DayOfWeek.ToString())
                && (Has("Weeks", $"{(day.Day + 6) / 7}") || (day.Day > last - 7 && Has("Weeks", "Last"))),
            var other => throw new InvalidOperationException(other),
        };
    }
}
