using DrPowerShell.Core.Journal;

namespace DrPowerShell.Core.Runbooks;

/// <summary>What a step may do besides its work: read and publish facts, record what its undo must know, tell what it found, show progress.</summary>
public sealed class StepContext
{
    private readonly IRunJournal _journal;
    private readonly IRunObserver _observer;
    private readonly RunbookStep _step;

    internal StepContext(RunbookStep step, RunFacts facts, IRunJournal journal, IRunObserver observer, TimeProvider time)
    {
        (_step, Facts, _journal, _observer, Time) = (step, facts, journal, observer, time);
    }

    /// <summary>The run's id.</summary>
    public string Run => _journal.Run;

    public RunFacts Facts { get; }

    public TimeProvider Time { get; }

    /// <summary>Whether an earlier process of this run had finished the step, and nothing has begun to end what it brought about.</summary>
    internal bool IsHeld { get; init; }

    /// <summary>For an undo: whether the step was finished. What was only begun may still be under way, by a command that a dead process has left behind.</summary>
    internal bool IsFinished { get; init; }

    /// <summary>Whether clients have been let in, by the journal that the run is gone on with.</summary>
    internal bool IsPast { get; init; }

    /// <summary>What the step has to tell at its end, for the person who watches; one line.</summary>
    public string? Text { get; set; }

    /// <summary>Publishes a fact, or records what the undo must know: durable when it returns, so call it before acting.</summary>
    public async Task RecordAsync<T>(string name, T value, CancellationToken cancellationToken)
    {
        var json = RunFacts.ToJson(value);
        await _journal.AppendAsync(JournalRecordKind.Fact, _step.Id, name, json, cancellationToken).ConfigureAwait(false);
        Facts.Set(name, json);
    }

    /// <summary>Tells something that a reader must know.</summary>
    public Task FindAsync(RecoverySeverity severity, string code, string text, CancellationToken cancellationToken) => _journal.AppendAsync(
        JournalRecordKind.Finding, _step.Id, text, JournalData.Of(new RecoveryFinding(severity, code, text), JournalJson.Default.RecoveryFinding), cancellationToken);

    /// <summary>Tells who approved, or why the run goes ahead without.</summary>
    internal Task TellApprovalAsync(ApprovalUsed approval, CancellationToken cancellationToken) => _journal.AppendAsync(
        JournalRecordKind.Approval, _step.Id, approval.BreakGlass is { } reason ? $"BREAK GLASS, WITHOUT APPROVAL: {reason}" : approval.Request, JournalData.Of(approval, JournalJson.Default.ApprovalUsed), cancellationToken);

    /// <summary>Shows how far it is.</summary>
    /// <param name="text">What is being done, in a few words.</param>
    /// <param name="fraction">0 to 1; null where it is not known.</param>
    public void Report(string text, double? fraction = null) => _observer.Progressed(_step, text, fraction);
}
