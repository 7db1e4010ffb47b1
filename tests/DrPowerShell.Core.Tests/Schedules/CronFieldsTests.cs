using DrPowerShell.Core.Schedules;
using Xunit;

namespace DrPowerShell.Core.Tests.Schedules;

public sealed class CronFieldsTests
{
    [Theory]
    [InlineData("0 2 * * *", "0", "2", "")]
    [InlineData("*/20 22-2 * * *", "0 20 40", "0 1 2 22 23", "")]
    [InlineData("5,10-12 6-18/4 * * *", "5 10 11 12", "6 10 14 18", "")]
    [InlineData("50/5 0 * * 5-7", "50 55", "0", "0 5 6")]
    [InlineData("0 0 ? * mon,WED", "0", "0", "1 3")]
    [InlineData("0 0 * * SAT-MON", "0", "0", "0 1 6")]
    [InlineData("0 0 * * 7", "0", "0", "0")]
    public void Fields_are_read_as_what_they_allow(string text, string minutes, string hours, string weekdays)
    {
        var fields = CronFields.Parse(text);

        Assert.Equal(minutes, string.Join(' ', fields.Minutes));
        Assert.Equal(hours, string.Join(' ', fields.Hours));
        Assert.Equal(weekdays.Length == 0 ? "0 1 2 3 4 5 6" : weekdays, string.Join(' ', fields.Weekdays));
        Assert.True(fields.IsAnyDay && fields.IsAnyMonth);
    }

    [Fact]
    public void Last_days_and_certain_weekdays_are_known()
    {
        Assert.Equal(0, CronFields.Parse("0 0 L * *").DaysBeforeLast);
        Assert.Equal(3, CronFields.Parse("0 0 L-3 * *").DaysBeforeLast);
        Assert.True(CronFields.Parse("0 0 15W * *").NearestWeekday);
        Assert.Equal((2, "1"), (CronFields.Parse("0 0 * * 1#2").WeekdayOccurrence, string.Join(' ', CronFields.Parse("0 0 * * MON#2").Weekdays)));
        Assert.Equal(-1, CronFields.Parse("0 0 * * 5L").WeekdayOccurrence);
        Assert.Equal([3, 6, 9, 12], CronFields.Parse("0 0 1 MAR,6,SEP-DEC/3 *").Months);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0 2 * *")]
    [InlineData("61 2 * * *")]
    [InlineData("0 2 * * FOO")]
    [InlineData("1/2/3 2 * * *")]
    public void What_is_not_understood_is_refused(string text) => Assert.Throws<ScheduleExpressionNotValidException>(() => CronFields.Parse(text));

    [Fact]
    public void Words_stand_for_expressions()
    {
        Assert.Equal("0 0 * * 1", ScheduleExpression.ToCron("weekly"));
        Assert.Equal("0 2 * * *", ScheduleExpression.ToCron(" 0  2 * * * "));
    }
}
