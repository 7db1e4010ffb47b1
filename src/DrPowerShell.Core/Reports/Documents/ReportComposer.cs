using DrPowerShell.Core.Reports.Timeline;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Reports.Documents;

/// <summary>Puts a report into words, in the order in which somebody reads it who was not there.</summary>
internal sealed partial class ReportComposer(RecoveryReport report, ReportCulture culture)
{
    private readonly List<ReportBlock> _blocks = [];

    public static ReportDocument Compose(RecoveryReport report, ReportCulture culture) => new ReportComposer(report, culture).Compose();

    private ReportDocument Compose()
    {
        Summary();
        People();
        Source();
        Impact();
        Targets();
        Timeline();
        Steps();
        Checks();
        Findings();
        Kept();
        Journal();
        return new ReportDocument(
            culture,
            culture.Fill("title", culture.Word("kind", report.Kind), report.Target),
            new ReportSpan(report.Run, ReportTone.Code),
            _blocks,
            Line("footer", report.Tool, Time(report.Generated)));
    }

    private void Summary()
    {
        if (report.Approval.BreakGlass is { } reason)
        {
            _blocks.Add(new CalloutBlock(ReportTone.Bad, culture["breakGlass.title"],
            [
                culture["breakGlass.text"], Line("breakGlass.reason", Name(report.Operator), Quoted(reason)),
                .. report.Approval.NotApproved is { } missing ? new[] { Line("breakGlass.missing", Quoted(missing)) } : [],
            ]));
        }

        var end = report.Finished is { } finished ? Line($"summary.{report.Result}", Name(report.Target), Time(report.Started), Time(finished)) : Line("summary.unfinished", Name(report.Target), Time(report.Started));
        _blocks.Add(new ParagraphBlock(end));
        if (report.PointOfNoReturn is { } past)
        {
            _blocks.Add(new ParagraphBlock(Line("summary.clientsIn", Time(past))));
        }

        _blocks.Add(new TilesBlock(
        [
            new ReportTile(culture["result"], culture.Of(report.Result), culture.Fill("tile.took", report.Finished is { } ended ? culture.Span(ended - report.Started) : "–"), Tone(report.Result)),
            new ReportTile(culture["rto"], Span(report.Rto.Measured), Against(report.Rto.Target), Tone(report.Rto.IsMet)),
            new ReportTile(culture["loss"], Span(report.Loss.Measured), Against(report.Loss.Target), Tone(report.Loss.IsMet)),
            new ReportTile(culture["steps"], culture.Number(report.Steps.Count), culture.Fill("tile.steps", culture.Number(report.Steps.Count(step => step.Outcome == StepOutcome.Succeeded))), ReportTone.Plain),
            Findings(report.Findings),
        ]));
        if (report.Failure is { } failure)
        {
            _blocks.Add(new CalloutBlock(ReportTone.Bad, culture["failure.title"],
            [
                Line("failure.step", Name(failure.Title), Name(failure.Host), new ReportSpan(failure.ErrorId, ReportTone.Code)),
                .. failure.Text is { } text ? new[] { (ReportLine)Quoted(text) } : [],
            ]));
        }
    }

    private ReportTile Findings(IReadOnlyList<RecoveryFinding> findings)
    {
        var (errors, warnings) = (findings.Count(one => one.Severity == RecoverySeverity.Error), findings.Count(one => one.Severity == RecoverySeverity.Warning));
        return new ReportTile(
            culture["findings"],
            culture.Number(findings.Count),
            culture.Fill("tile.findings", culture.Number(errors), culture.Number(warnings)),
            errors > 0 ? ReportTone.Bad : warnings > 0 ? ReportTone.Warning : ReportTone.Good);
    }

    private void People()
    {
        Head("people");
        var approval = report.Approval;
        var rows = new List<(string, ReportLine)>
        {
            (culture["cluster"], Name(report.Target)),
            (culture["kind"], culture.Word("kind", report.Kind)),
            (culture["started"], Line("startedBy", Time(report.Started), Name(report.Operator))),
        };
        rows.AddRange(report.ResumedBy.Select(who => (culture["goneOn"], (ReportLine)Name(who))));
        rows.Add((culture["finished"], report.Finished is { } finished ? Time(finished) : new ReportSpan(culture["notYet"], ReportTone.Warning)));
        rows.Add((culture["pointOfNoReturn"], report.PointOfNoReturn is { } past ? Time(past) : culture["notPassed"]));
        rows.Add((culture["approval"], approval.BreakGlass is { } reason ? new ReportLine(new ReportSpan(culture["breakGlass.title"], ReportTone.Bad), " ", Quoted(reason))
            : approval.ApprovedBy.Count > 0 ? Line("approvedBy", Name(string.Join(culture["list"], approval.ApprovedBy)))
            : culture["noApproval"]));
        if (approval.Request is { } request)
        {
            rows.Add((culture["request"], new ReportSpan(request, ReportTone.Code)));
        }

        rows.Add((culture["planDigest"], new ReportSpan(report.PlanDigest, ReportTone.Code)));
        _blocks.Add(new FactsBlock(rows));
    }

    private void Timeline()
    {
        if (TimelinePlan.Of(report) is { } plan)
        {
            Head("timeline");
            _blocks.Add(new TimelineBlock(plan));
        }
    }

    private void Head(string id) => _blocks.Add(new HeadingBlock(id, culture["head." + id]));

    private string Span(TimeSpan? span) => span is { } known ? culture.Span(known) : "–";

    private string Against(TimeSpan? target) => target is { } known ? culture.Fill("tile.target", culture.Span(known)) : culture["tile.noTarget"];

    private static ReportSpan Time(DateTimeOffset time) => new(ReportCulture.Time(time), ReportTone.Plain, time.ToUniversalTime());

    private static ReportSpan Name(string text) => new(text, ReportTone.Name);

    private static ReportSpan Quoted(string text) => new(text, ReportTone.Quoted);

    private static ReportTone Tone(bool? isMet) => isMet switch { true => ReportTone.Good, false => ReportTone.Bad, _ => ReportTone.Plain };

    private static ReportTone Tone(RunResult result) => result switch
    {
        RunResult.Healthy => ReportTone.Good,
        RunResult.Undone or RunResult.Running or RunResult.Interrupted => ReportTone.Warning,
        _ => ReportTone.Bad,
    };

    /// <summary>A text with spans in the place of its numbers.</summary>
    private ReportLine Line(string key, params ReportSpan[] values)
    {
        var spans = new List<ReportSpan>();
        var text = culture[key];
        for (var start = 0; start < text.Length;)
        {
            var open = text.IndexOf('{', start);
            if (open < 0)
            {
                spans.Add(text[start..]);
                break;
            }

            var close = text.IndexOf('}', open);
            if (open > start)
            {
                spans.Add(text[start..open]);
            }

            spans.Add(values[int.Parse(text.AsSpan(open + 1, close - open - 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture)]);
            start = close + 1;
        }

        return new ReportLine(spans);
    }
}
