using System.Globalization;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Reports.Documents;

/// <summary>What was done, what came of it, what is left, and how to prove all that.</summary>
internal sealed partial class ReportComposer
{
    private void Steps()
    {
        Head("phases");
        _blocks.Add(new TableBlock(
            culture["phases.caption"],
            [new(culture["phase"]), new(culture["stepStart"], 28), new(culture["duration"], 18, IsNumber: true), new(culture["steps"], 14, IsNumber: true)],
            [.. report.Steps.GroupBy(step => step.Phase).OrderBy(phase => phase.Key).Select(Phase)]));
        Head("steps");
        _blocks.Add(new ParagraphBlock(culture["steps.quoted"]));
        var rows = new List<ReportRow>();
        var past = report.PointOfNoReturn;
        foreach (var step in report.Steps)
        {
            if (past is { } time && step.Started >= time)
            {
                rows.Add(new ReportRow([Line("steps.past", Time(time))], ReportTone.Warning, IsSeparator: true));
                past = null;
            }

            rows.Add(Step(step));
        }

        _blocks.Add(new TableBlock(
            culture["steps.caption"],
            [
                new("#", 5, IsNumber: true), new(culture["phase"], 11), new(culture["host"], 13), new(culture["step"]), new(culture["stepStart"], 13), new(culture["duration"], 11, IsNumber: true),
                new(culture["outcome"], 13),
            ],
            rows));
    }

    private ReportRow Phase(IGrouping<RecoveryPhase, ReportStep> phase)
    {
        var begun = phase.Where(step => step.Started is not null).ToList();
        DateTimeOffset? start = begun.Count == 0 ? null : begun.Min(step => step.Started!.Value);
        var end = begun.Count == 0 ? null : begun.Max(step => step.Started + step.Duration);
        return new ReportRow(
        [
            culture.Of(phase.Key),
            start is { } at ? Time(at) : "–",
            start is null || end is null ? "–" : culture.Span(end.Value - start.Value),
            culture.Number(phase.Count()),
        ]);
    }

    private ReportRow Step(ReportStep step)
    {
        var title = new List<ReportSpan> { Name(step.Title) };
        if (step.Text is { Length: > 0 } text)
        {
            title.Add("\n");
            title.Add(new ReportSpan(text, ReportTone.Quoted));
        }

        var tone = IsCause(step) ? ReportTone.Bad : Tone(step.Outcome);
        var outcome = new List<ReportSpan> { new(culture.Of(step.Outcome), tone) };
        if (step.ErrorId is { } error)
        {
            outcome.Add("\n");
            outcome.Add(new ReportSpan(error, ReportTone.Code));
        }

        if (step.Attempts > 1)
        {
            outcome.Add("\n");
            outcome.Add(new ReportSpan(culture.Fill("attempts", culture.Number(step.Attempts)), ReportTone.Muted));
        }

        return new ReportRow(
            [
                step.Number.ToString(CultureInfo.InvariantCulture), culture.Of(step.Phase), Name(step.Host), new ReportLine(title),
                step.Started is { } started ? Clock(started) : "–", Span(step.Duration), new ReportLine(outcome),
            ],
            tone is ReportTone.Bad ? ReportTone.Bad : ReportTone.Plain);
    }

    // The day is told above; it is told again only where it is another one.
    private ReportSpan Clock(DateTimeOffset time)
    {
        var form = time.UtcDateTime.Date == report.Started.UtcDateTime.Date ? "HH:mm:ss.f'Z'" : "yyyy-MM-dd'T'HH:mm:ss'Z'";
        return new ReportSpan(time.UtcDateTime.ToString(form, CultureInfo.InvariantCulture), ReportTone.Plain, time.ToUniversalTime());
    }

    // It failed, though it may have been taken back since.
    internal static bool IsCause(ReportStep step) => step.ErrorId is not (null or "Cancelled");

    private static ReportTone Tone(StepOutcome outcome) => outcome switch
    {
        StepOutcome.Succeeded => ReportTone.Good,
        StepOutcome.Failed or StepOutcome.TimedOut or StepOutcome.UndoFailed => ReportTone.Bad,
        StepOutcome.Pending => ReportTone.Muted,
        _ => ReportTone.Warning,
    };

    private void Checks()
    {
        Head("checks");
        if (report.Checks.Count == 0)
        {
            _blocks.Add(new ParagraphBlock(culture["checks.none"]));
            return;
        }

        _blocks.Add(new TableBlock(
            culture["checks.caption"],
            [
                new(culture["check"], 20), new(culture["check.kind"], 13), new(culture["check.found"]), new(culture["attempts.head"], 11, IsNumber: true), new(culture["latency"], 12, IsNumber: true),
                new(culture["outcome"], 13),
            ],
            [.. report.Checks.Select(check => new ReportRow(
                [
                    Name(check.Name), check.Kind is { } kind ? culture.Word("check", kind) : "–", check.Text is { Length: > 0 } found ? Quoted(found) : "–", Number(check.Attempts) ?? "–", Span(check.Latency ?? check.Duration),
                    check.Passed switch
                    {
                        true => new ReportSpan(culture["check.passed"], ReportTone.Good),
                        false => new ReportSpan(culture["check.failed"], ReportTone.Bad),
                        _ => new ReportSpan(culture["check.notAsked"], ReportTone.Muted),
                    },
                ],
                check.Passed == false ? ReportTone.Bad : ReportTone.Plain))]));
    }

    private void Findings()
    {
        Head("findings");
        if (report.Findings.Count == 0)
        {
            _blocks.Add(new ParagraphBlock(culture["findings.none"]));
            return;
        }

        _blocks.Add(new TableBlock(
            culture["findings.caption"],
            [new(culture["severity"], 16), new(culture["code"], 26), new(culture["text"])],
            [.. report.Findings.OrderByDescending(finding => finding.Severity).Select(finding => new ReportRow(
                [
                    new ReportSpan(culture.Of(finding.Severity), finding.Severity switch
                    {
                        RecoverySeverity.Error => ReportTone.Bad, RecoverySeverity.Warning => ReportTone.Warning, _ => ReportTone.Plain,
                    }),
                    new ReportSpan(finding.Code, ReportTone.Code), Quoted(finding.Text),
                ]))]));
    }

    private void Kept()
    {
        if (report.Kept.Count == 0)
        {
            return;
        }

        Head("kept");
        _blocks.Add(new ParagraphBlock(culture["kept.intro"]));
        _blocks.Add(new TableBlock(
            culture["kept.caption"],
            [new(culture["kept.what"], 24), new(culture["host"], 16), new(culture["path"])],
            [.. report.Kept.Select(kept => new ReportRow(
                [
                    kept.IsCertain ? culture.Of(kept.Kind) : new ReportLine(culture.Of(kept.Kind), "\n", new ReportSpan(culture["kept.look"], ReportTone.Warning)),
                    Name(kept.Host), new ReportSpan(kept.Path, ReportTone.Code),
                ]))]));
    }

    private void Journal()
    {
        Head("journal");
        var journal = report.Journal;
        _blocks.Add(new ParagraphBlock(culture["journal.intro"]));
        _blocks.Add(new FactsBlock(
        [
            (culture["journal.file"], new ReportSpan(journal.Path, ReportTone.Code)),
            (culture["journal.head"], new ReportSpan(journal.Head, ReportTone.Code)),
            (culture["journal.seal"], journal.IsSealed ? new ReportSpan(culture["journal.sealed"], ReportTone.Good) : new ReportSpan(culture["journal.open"], ReportTone.Warning)),
            (culture["journal.copy"], journal.Repository is not { } repository ? culture["journal.noCopy"]
                : new ReportLine(Name(repository), " ", journal.IsLocalOnly ? new ReportSpan(culture["journal.localOnly"], ReportTone.Warning) : new ReportSpan(culture["journal.whole"]))),
        ]));
        _blocks.Add(new ParagraphBlock(culture["journal.verify"]));
        _blocks.Add(new CodeBlock($"Test-RecoveryJournal {Word(report.Run)}{(journal.Repository is { } copy && IsWord(copy) ? $" -Repository {copy}" : "")}"));
        _blocks.Add(new ParagraphBlock(culture[journal.IsSealed ? "journal.expect" : "journal.expectOpen"]));
    }

    // What is copied to a prompt must be one word there, whatever a journal says.
    private static string Word(string text) => IsWord(text)
        ? text
        : $"'{string.Concat(text.Where(c => !char.IsControl(c) && c is not ('\'' or '\u2018' or '\u2019' or '\u201A' or '\u201B' or '`')))}'";

    private static bool IsWord(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or '/');
}
