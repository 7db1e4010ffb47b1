using System.Globalization;
using DrPowerShell.Core.Reports.Documents;
using DrPowerShell.Core.Reports.Writers;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Reports.Timeline;

/// <summary>Draws a timeline as SVG: time to the right, a row a host, the phases above. Many hosts make several drawings, so that none is cut by the end of a page.</summary>
internal sealed class TimelineDrawing(TimelinePlan plan, ReportCulture culture, TextWriter output)
{
    private const double Width = 720;

    // Room for the name of a phase that begins where everything ends.
    private const double Right = 662;
    private const double LaneHeight = 15;
    private const double BarHeight = 10;
    private const double LabelHeight = 12;
    private const int LanesADrawing = 36;

    // Narrower ones would not be seen.
    private const double NarrowestBar = 2.5;

    private readonly double _left = Math.Clamp(plan.Hosts.Max(host => TextWidth.Of(host.Name, 11)) + 10, 60, 170);

    private double Scale => (Right - _left) / plan.Length.TotalSeconds;

    public void Write()
    {
        var drawings = Split();
        for (var i = 0; i < drawings.Count; i++)
        {
            Draw(drawings[i], i, drawings.Count);
        }
    }

    private List<List<TimelineHost>> Split()
    {
        var drawings = new List<List<TimelineHost>>();
        var used = LanesADrawing;
        foreach (var host in plan.Hosts.SelectMany(Chunks))
        {
            if (used + host.Lanes.Count > LanesADrawing)
            {
                drawings.Add([]);
                used = 0;
            }

            drawings[^1].Add(host);
            used += host.Lanes.Count;
        }

        return drawings;
    }

    private static IEnumerable<TimelineHost> Chunks(TimelineHost host) => host.Lanes.Chunk(LanesADrawing).Select(lanes => host with { Lanes = lanes });

    private void Draw(List<TimelineHost> hosts, int index, int count)
    {
        var labels = PhaseLabels.Place(plan.Phases.OrderBy(phase => phase.From).Select(phase => (culture.Of(phase.Phase), X(phase.From))));
        var top = (labels.Count == 0 ? 0 : labels.Max(label => label.Row) + 1) * LabelHeight + 8 + (plan.PointOfNoReturn is null && plan.Undo is null ? 0 : LabelHeight + 2);
        var bottom = top + (hosts.Sum(host => host.Lanes.Count) * LaneHeight) + (hosts.Count * 4) + 4;
        var (title, describes) = ($"timeline-title-{index}", $"timeline-desc-{index}");
        Raw($"""<svg class="timeline" role="img" aria-labelledby="{title} {describes}" viewBox="0 0 {Width} {N(bottom + 20)}" xmlns="http://www.w3.org/2000/svg">""");
        Raw($"""<title id="{title}">{Text(count == 1 ? culture["timeline.title"] : culture.Fill("timeline.part", culture.Number(index + 1), culture.Number(count)))}</title>""");
        Raw($"""<desc id="{describes}">{Text(culture.Fill("timeline.desc", culture.Number(plan.Hosts.Sum(host => host.Lanes.Sum(lane => lane.Count))), culture.Number(plan.Hosts.Count), culture.Span(plan.Length)))}</desc>""");
        Phases(labels, top, bottom);
        Ticks(top, bottom);
        Marks(top, bottom);
        var y = top + 4;
        foreach (var host in hosts)
        {
            y = Host(host, y);
        }

        Raw("</svg>");
    }

    private void Phases(IReadOnlyList<PhaseLabel> labels, double top, double bottom)
    {
        for (var i = 0; i < plan.Phases.Count; i++)
        {
            var (from, to) = (X(plan.Phases[i].From), X(plan.Phases[i].To));
            Raw($"""<rect class="phase{(i % 2 == 0 ? "" : " odd")}" x="{N(from)}" y="{N(top)}" width="{N(Math.Max(1, to - from))}" height="{N(bottom - top)}"/>""");
        }

        foreach (var label in labels)
        {
            var y = (label.Row * LabelHeight) + 10;
            Raw($"""<path class="leader" d="M{N(label.X)} {N(y - 8)}V{N(top)}"/>""");
            Raw($"""<text class="phase-name" x="{N(label.X + 3)}" y="{N(y)}">{Text(label.Text)}</text>""");
        }
    }

    private void Ticks(double top, double bottom)
    {
        var step = TickStep(plan.Length);
        for (var at = TimeSpan.Zero; at <= plan.Length; at += step)
        {
            var x = X(at);
            Raw($"""<path class="tick" d="M{N(x)} {N(top)}V{N(bottom + 3)}"/>""");
            if (x < Right - 30 || at + step > plan.Length)
            {
                var anchor = x > Right - 30 ? "end" : "middle";
                Raw($"""<text class="tick-name" x="{N(x)}" y="{N(bottom + 14)}" text-anchor="{anchor}">{Text(at == TimeSpan.Zero ? "0" : "+" + culture.Span(at))}</text>""");
            }
        }
    }

    private void Marks(double top, double bottom)
    {
        if (plan.PointOfNoReturn is { } past)
        {
            Mark("past", culture["pointOfNoReturn"], X(past), top, bottom);
        }

        if (plan.Undo is { } undo)
        {
            Raw($"""<rect class="undo-area" x="{N(X(undo))}" y="{N(top)}" width="{N(Math.Max(1, Right - X(undo)))}" height="{N(bottom - top)}"/>""");
            Mark("undo", culture["timeline.undo"], X(undo), top, bottom);
        }
    }

    private void Mark(string kind, string text, double x, double top, double bottom)
    {
        var isLeft = x + TextWidth.Of(text, 11) + 6 > Right;
        Raw($"""<path class="{kind}" d="M{N(x)} {N(top - LabelHeight)}V{N(bottom)}"/>""");
        Raw($"""<text class="{kind}-name" x="{N(isLeft ? x - 4 : x + 4)}" y="{N(top - 4)}" text-anchor="{(isLeft ? "end" : "start")}">{Text(text)}</text>""");
    }

    private double Host(TimelineHost host, double y)
    {
        Raw($"""<text class="host" x="4" y="{N(y + BarHeight)}">{Text(TextWidth.Cut(host.Name, 11, _left - 8))}</text>""");
        foreach (var lane in host.Lanes)
        {
            foreach (var bar in lane)
            {
                Bar(host.Name, bar, y);
            }

            y += LaneHeight;
        }

        Raw($"""<path class="row" d="M0 {N(y + 1)}H{N(Right)}"/>""");
        return y + 4;
    }

    private void Bar(string host, TimelineBar bar, double y)
    {
        var step = bar.Step;
        var (x, width) = (X(bar.From), Math.Max(NarrowestBar, X(bar.To) - X(bar.From)));
        x = Math.Min(x, Right - width);
        var told = culture.Fill("timeline.bar", step.Number.ToString(CultureInfo.InvariantCulture), step.Title, host, culture.Of(step.Outcome), step.Duration is { } took ? culture.Span(took) : "–");
        Raw($"""<g><title>{Text(told)}</title><rect class="bar {Class(step)}" x="{N(x)}" y="{N(y)}" width="{N(width)}" height="{N(BarHeight)}" rx="1.5"/>""");
        var number = step.Number.ToString(CultureInfo.InvariantCulture);
        if (width > TextWidth.Of(number, 8) + 4)
        {
            Raw($"""<text class="number" x="{N(x + (width / 2))}" y="{N(y + 8)}" text-anchor="middle">{number}</text>""");
        }

        Raw("</g>");
    }

    private static string Class(ReportStep step) => step.Outcome switch
    {
        _ when ReportComposer.IsCause(step) => "bad",
        StepOutcome.Succeeded => "ok",
        StepOutcome.Failed or StepOutcome.TimedOut or StepOutcome.UndoFailed => "bad",
        StepOutcome.Undone => "undone",
        _ => "open",
    };

    private double X(TimeSpan at) => _left + (at.TotalSeconds * Scale);

    /// <summary>Four to ten ticks, at times that people count in.</summary>
    internal static TimeSpan TickStep(TimeSpan length)
    {
        double[] steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
        var wanted = length.TotalSeconds / 7;
        return TimeSpan.FromSeconds(steps.Cast<double?>().FirstOrDefault(step => step >= wanted) ?? Math.Ceiling(wanted / 86400) * 86400);
    }

    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Text(string text) => HtmlText.Escape(text);

    private void Raw(string text) => output.Write(text);
}
