using DrPowerShell.Core.Schedules;
using DrPowerShell.Providers.Cron;
using Xunit;

namespace DrPowerShell.Providers.Tests.Cron;

public sealed class CronCalendarTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    private readonly CronCalendar _calendar = new();

    [Fact]
    public void Times_come_in_order_in_UTC_and_after_the_moment_given()
    {
        var after = new DateTimeOffset(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

        Assert.Equal(
            ["2026-11-23T02:00:00+00:00", "2026-11-24T02:00:00+00:00"],
            _calendar.Occurrences("0 2 * * *", TimeZoneInfo.Utc, after).Take(2).Select(time => time.ToString("yyyy-MM-dd'T'HH:mm:sszzz")));
        Assert.Equal(TimeSpan.Zero, _calendar.Occurrences("*/7 * * * *", Berlin, after.ToOffset(TimeSpan.FromHours(5))).First().Offset);
        Assert.Equal(after.AddSeconds(10), _calendar.Occurrences("*/10 * * * * *", Berlin, after).First());
    }

    [Fact]
    public void A_time_that_does_not_exist_comes_at_the_change_of_clocks()
    {
        var times = _calendar.Occurrences("30 2 * * *", Berlin, new(2026, 3, 28, 12, 0, 0, TimeSpan.Zero)).Take(2).ToArray();

        Assert.Equal(new(2026, 3, 29, 1, 0, 0, TimeSpan.Zero), times[0]); // 03:00 summer time
        Assert.Equal(new(2026, 3, 30, 0, 30, 0, TimeSpan.Zero), times[1]);
    }

    [Fact]
    public void A_time_that_comes_twice_comes_once_and_an_interval_goes_on()
    {
        var before = new DateTimeOffset(2026, 10, 24, 23, 0, 0, TimeSpan.Zero);

        Assert.Equal(
            [new(2026, 10, 25, 0, 30, 0, TimeSpan.Zero), new(2026, 10, 26, 1, 30, 0, TimeSpan.Zero)],
            _calendar.Occurrences("30 2 * * *", Berlin, before).Take(2));
        Assert.Equal(
            Enumerable.Range(1, 6).Select(hour => before.AddHours(hour)),
            _calendar.Occurrences("0 * * * *", Berlin, before).Take(6));
    }

    [Fact]
    public void A_date_that_never_comes_has_no_times() => Assert.Empty(_calendar.Occurrences("0 0 30 2 *", TimeZoneInfo.Utc, DateTimeOffset.UnixEpoch));

    [Theory]
    [InlineData("")]
    [InlineData("daily")]
    [InlineData("@daily")]
    [InlineData("* * * *")]
    [InlineData("60 * * * *")]
    [InlineData("0 24 * * *")]
    [InlineData("0 0 * * FOO")]
    [InlineData("H H * * *")]
    [InlineData("0 0 * * * * *")]
    public void What_is_no_expression_is_refused_at_once(string text) =>
        Assert.Equal(text, Assert.Throws<ScheduleExpressionNotValidException>(() => _calendar.Occurrences(text, TimeZoneInfo.Utc, DateTimeOffset.UnixEpoch)).Subject);
}
