using System.Text.RegularExpressions;
using DrPowerShell.Core.Reports;
using DrPowerShell.Core.Reports.Timeline;
using Xunit;

namespace DrPowerShell.Core.Tests.Reports;

/// <summary>The drawing of steps over time.</summary>
public sealed class TimelineTests
{
    [Fact]
    public void Bars_of_one_lane_do_not_overlap_and_none_is_left_out()
    {
        foreach (var name in SampleRuns.Names.Where(name => name != "empty"))
        {
            var report = ReportMaker.Make(SampleRuns.Of(name));
            var plan = TimelinePlan.Of(report)!;

            Assert.Equal(report.Steps.Where(step => step.Started is not null).Select(step => step.Number).Order(), plan.Hosts.SelectMany(host => host.Lanes).SelectMany(lane => lane).Select(bar => bar.Step.Number).Order());
            Assert.All(plan.Hosts.SelectMany(host => host.Lanes), lane => Assert.All(lane.Zip(lane.Skip(1)), pair => Assert.True(pair.First.To <= pair.Second.From + TimeSpan.FromMilliseconds(2))));
            Assert.All(plan.Hosts.SelectMany(host => host.Lanes).SelectMany(lane => lane), bar => Assert.InRange(bar.To, bar.From, plan.Length));
        }
    }

    [Fact]
    public void Where_no_step_was_begun_there_is_nothing_to_draw() => Assert.Null(TimelinePlan.Of(ReportMaker.Make(SampleRuns.Of("empty"))));

    [Fact]
    public void The_point_of_no_return_and_the_taking_back_are_drawn_where_they_were()
    {
        Assert.Equal(97.3, TimelinePlan.Of(ReportMaker.Make(SampleRuns.Healthy()))!.PointOfNoReturn!.Value.TotalSeconds, 3);
        Assert.Null(TimelinePlan.Of(ReportMaker.Make(SampleRuns.Healthy()))!.Undo);
        var undone = TimelinePlan.Of(ReportMaker.Make(SampleRuns.Of("undone")))!;
        Assert.Null(undone.PointOfNoReturn);
        Assert.Equal(84.7, undone.Undo!.Value.TotalSeconds, 3);
    }

    [Fact]
    public void Names_of_phases_lie_neither_on_one_another_nor_on_their_poles()
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var phases = Enumerable.Range(0, 13).Select(i => (Text: new string('m', 2 + (i % 7)), From: random.NextDouble() * 500)).OrderBy(phase => phase.From).ToList();

            var labels = PhaseLabels.Place(phases);

            foreach (var (a, b) in labels.SelectMany((a, i) => labels.Skip(i + 1).Select(b => (a, b))))
            {
                var end = a.X + TextWidth.Of(a.Text, 10) + 3;
                Assert.True(a.Row != b.Row || end <= b.X, $"{a} lies on {b}");
                Assert.True(a.Row <= b.Row || end <= b.X, $"the pole of {b} goes through {a}");
            }
        }
    }

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.5)]
    [InlineData(9)]
    [InlineData(128)]
    [InlineData(4000)]
    [InlineData(90000)]
    [InlineData(9000000)]
    public void There_are_a_few_ticks_whatever_the_length(double seconds)
    {
        var step = TimelineDrawing.TickStep(TimeSpan.FromSeconds(seconds));

        Assert.InRange(seconds / step.TotalSeconds, 0, 7);
        Assert.True(seconds < 0.05 || seconds / step.TotalSeconds > 2);
    }

    [Fact]
    public void Many_hosts_make_several_drawings_with_all_steps_in_them()
    {
        var html = ReportWriterTests.Write("many", ReportFormat.Html, "en-US");

        Assert.InRange(Regex.Count(html, "<svg class"), 2, 12);
        Assert.Equal(300, Regex.Count(html, "<rect class=\"bar"));
        Assert.All(Regex.Matches(html, "viewBox=\"0 0 720 ([0-9.]+)\""), match => Assert.InRange(double.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), 1, 900));
    }

    [Theory]
    [InlineData("short", "short")]
    [InlineData("a-rather-long-name-of-a-host.example.net", "a-rather-long-na…")]
    [InlineData("很长的主机名称很长的主机名称", "很长的主机名称…")]
    public void A_name_that_is_too_long_is_cut(string name, string shown) => Assert.Equal(shown, TextWidth.Cut(name, 11, 100));
}
