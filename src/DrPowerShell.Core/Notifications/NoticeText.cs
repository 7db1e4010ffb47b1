using System.Globalization;
using System.Text.Json;
using DrPowerShell.Core.Approvals;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Reports;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Notifications;

/// <summary>Puts what happened into words: who reads it has no other window open.</summary>
internal static class NoticeText
{
    // A step may say much; mail, chat and the environment of a program take only so much.
    private const int LongestQuote = 1000;

    /// <summary>An event as an estate writes it.</summary>
    public static string Word(NoticeEvent which) => JsonNamingPolicy.KebabCaseLower.ConvertName(which.ToString());

    /// <summary>A run has begun.</summary>
    /// <param name="begun">Its first record.</param>
    /// <param name="approval">With what approval; null where its plan has no such step.</param>
    /// <param name="now">UTC.</param>
    public static Notice Begun(RunBegun begun, string? approval, DateTimeOffset now) => Of(NoticeEvent.RunBegun, begun, now) with
    {
        Started = now,
        Title = $"{Kind(begun.Kind)} of {begun.Target} begun by {begun.Operator}",
        Text = Lines(
            Approval(approval),
            Steps(begun),
            begun.Rto is { } rto ? $"The service may be gone for {Span(rto)}{(begun.OutageStart is { } outage ? $", counted from {Time(outage)}" : "")}." : null,
            Run(begun.Run, now)),
    };

    /// <summary>Another process goes on with a run, or takes it back.</summary>
    public static Notice Resumed(RunBegun begun, string who, bool isUndo, DateTimeOffset now) => Of(NoticeEvent.RunBegun, begun, now) with
    {
        Operator = who,
        Title = $"{Kind(begun.Kind)} of {begun.Target} {(isUndo ? "is being taken back" : "is gone on with")} by {who}",
        Text = Lines($"It was begun by {begun.Operator} and had not ended.", Run(begun.Run, now)),
    };

    /// <summary>A run goes ahead without approval.</summary>
    public static Notice BreakGlass(RunBegun begun, string who, ApprovalUsed used, DateTimeOffset now) => Of(NoticeEvent.BreakGlass, begun, now) with
    {
        Operator = who,
        Reason = used.BreakGlass,
        BreakGlass = used.BreakGlass,
        Title = $"BREAK GLASS: {begun.Kind.ToUpperInvariant()} OF {begun.Target.ToUpperInvariant()} GOES AHEAD WITHOUT APPROVAL",
        Text = Lines(
            $"OPERATOR: {who}",
            $"REASON: {Cut(used.BreakGlass!)}",
            used.NotApproved is { } missing ? $"NOT APPROVED: {missing}" : null,
            "SOMEBODY WHO MAY APPROVE MUST LOOK AT IT NOW.",
            Run(begun.Run, now)),
    };

    /// <summary>A run, or its undo, has ended.</summary>
    /// <param name="run">As its journal tells it, with its end.</param>
    /// <param name="who">user@host of who ended it.</param>
    /// <param name="isUndo">Whether it was taken back by hand.</param>
    /// <param name="now">UTC.</param>
    public static Notice Ended(RecoveryRun run, string who, bool isUndo, DateTimeOffset now)
    {
        var report = ReportMaker.Make(run);
        var needsPerson = run.Result is not (RunResult.Healthy or RunResult.Undone);
        var ended = isUndo ? NoticeEvent.UndoEnded : NoticeEvent.RunEnded;
        var failure = report.Failure is { } failed ? $"'{failed.Title}' on {failed.Host}: {Cut(failed.Text ?? failed.ErrorId)}" : null;
        return new Notice
        {
            Event = needsPerson ? NoticeEvent.NeedsPerson : ended,
            AlsoEvent = needsPerson ? ended : null,
            Time = now,
            Run = run.Id,
            Kind = run.Kind,
            Cluster = run.Target,
            Operator = who,
            Reason = failure,
            Result = run.Result,
            Started = run.Started,
            Finished = run.Finished,
            Rto = run.Rto,
            RtoTarget = run.RtoTarget,
            Loss = run.Loss,
            LossTarget = run.LossTarget,
            Request = run.Request,
            ApprovedBy = run.ApprovedBy,
            BreakGlass = run.BreakGlass,
            Title = $"{(needsPerson ? "NEEDS A PERSON: " : "")}{Kind(run.Kind)} of {run.Target}: {Outcome(run.Result)}",
            Text = Lines(
                failure is null ? null : $"It failed at {failure}",
                run.Result == RunResult.Healthy ? Target("The service was gone for", run.Rto, run.RtoTarget, report.Rto.IsMet) : null,
                run.PointOfNoReturn is null && run.Result == RunResult.Undone ? "No data was lost by it." : Target("Lost, as a time:", report.Loss.Measured, run.LossTarget, report.Loss.IsMet),
                Approved(run),
                Findings(run),
                Advice(run),
                $"Begun by {run.Operator} at {Time(run.Started)}{(isUndo || run.ResumedBy.Count > 0 ? $", ended by {who}" : "")}.",
                Run(run.Id, now)),
        };
    }

    /// <summary>Somebody asks for the approval of a plan.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="required">How many must approve, and who may; null where no estate says.</param>
    /// <param name="where">Where the request lies.</param>
    /// <param name="now">UTC.</param>
    public static Notice Requested(RecoveryRequest request, (int Count, IEnumerable<string> Of)? required, string where, DateTimeOffset now) => new()
    {
        Event = NoticeEvent.ApprovalRequested,
        Time = now,
        Kind = request.Plan.Kind,
        Cluster = request.Plan.Target,
        Operator = request.Requester,
        Reason = request.Reason,
        Request = request.Id,
        Title = $"{request.Requester} asks for the approval of the {request.Plan.Kind} of {request.Plan.Target}",
        Text = Lines(
            $"Reason: {Cut(request.Reason)}",
            request.Plan.Source is { } source ? $"Source: {source.Snapshot}" : null,
            $"It may destroy at most: {request.Limits}.",
            required is { } needed ? string.Create(CultureInfo.InvariantCulture, $"{needed.Count} of {string.Join(", ", needed.Of)} must approve.") : null,
            $"It can be used until {Time(request.Expires)}.",
            $"Look at it and sign it: Approve-RecoveryRequest, {request.Id} in {where}"),
    };

    private static Notice Of(NoticeEvent which, RunBegun begun, DateTimeOffset now) => new()
    {
        Event = which,
        Time = now,
        Run = begun.Run,
        Kind = begun.Kind,
        Cluster = begun.Target,
        Operator = begun.Operator,
        RtoTarget = begun.Rto,
        LossTarget = begun.Rpo,
        Title = "",
        Text = "",
    };

    private static string? Approval(string? approval) => approval is null ? "The estate names nobody who must approve it." : $"Approval: {Cut(approval)}.";

    private static string Steps(RunBegun begun)
    {
        var hosts = begun.Steps.Where(step => step.IsChange && step.Host is not ("local" or "all")).Select(step => step.Host).Distinct(StringComparer.Ordinal).ToList();
        return string.Create(CultureInfo.InvariantCulture, $"{begun.Steps.Count} steps{(hosts.Count == 0 ? "" : $", on {Cut(string.Join(", ", hosts))}")}.");
    }

    private static string Outcome(RunResult result) => result switch
    {
        RunResult.Healthy => "healthy",
        RunResult.Undone => "undone, everything is back as it was",
        RunResult.Failed => "FAILED, and nothing was taken back",
        RunResult.UndoFailed => "FAILED, and so did a part of taking it back",
        _ => "STOPPED WITHOUT AN END",
    };

    private static string? Target(string what, TimeSpan? measured, TimeSpan? target, bool? isMet) => measured is not { } span ? null
        : $"{what} {Span(span)}{(target is { } most ? $", at most {Span(most)}: {(isMet == false ? "MISSED" : "met")}" : "")}.";

    private static string? Approved(RecoveryRun run) => run.BreakGlass is { } reason ? $"BREAK GLASS, WITHOUT APPROVAL: {Cut(reason)}"
        : run.ApprovedBy.Count > 0 ? $"Approved by {string.Join(", ", run.ApprovedBy)} ({run.Request})."
        : null;

    private static string? Findings(RecoveryRun run) => run.Findings.Count(finding => finding.Severity > RecoverySeverity.Information) is > 0 and var count
        ? string.Create(CultureInfo.InvariantCulture, $"{count} findings are in the report.")
        : null;

    private static string? Advice(RecoveryRun run) => run.Result switch
    {
        RunResult.Failed => $"Remove the cause, then: Resume-RecoveryRun {run.Id}",
        RunResult.UndoFailed => $"Nothing was deleted: old data directories are parked beside the new ones. Remove the cause, then: Undo-RecoveryRun {run.Id}",
        RunResult.Running or RunResult.Interrupted => run.PointOfNoReturn is null
            ? $"Look at Get-RecoveryRun {run.Id}, then: Resume-RecoveryRun or Undo-RecoveryRun {run.Id}"
            : $"Look at Get-RecoveryRun {run.Id}, then: Resume-RecoveryRun {run.Id}",
        _ => null,
    };

    private static string Kind(string kind) => kind.Length == 0 ? kind : char.ToUpperInvariant(kind[0]) + kind[1..];

    private static string Run(string id, DateTimeOffset now) => $"Run {id}, {Time(now)}, from {Environment.MachineName}";

    private static string Time(DateTimeOffset time) => ReportCulture.Time(time);

    private static string Span(TimeSpan span) => ReportCulture.English.Span(span);

    private static string Cut(string text) => text.Length > LongestQuote ? text[..LongestQuote] + "…" : text;

    private static string Lines(params string?[] lines) => string.Join('\n', lines.OfType<string>());
}
