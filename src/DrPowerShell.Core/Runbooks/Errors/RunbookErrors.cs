using System.Globalization;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Runbooks.Errors;

/// <summary>A step asked for a fact that no step has published.</summary>
public sealed class FactMissingException(string name) : RecoveryException(
    FailureKind.InvalidState, name, $"Nothing in this run has measured '{name}'.", "Undo the run, and start it again.");

/// <summary>A step was not done in time.</summary>
public sealed class StepTimedOutException(string step, string host, TimeSpan timeout) : RecoveryException(
    FailureKind.Timeout,
    step,
    string.Create(CultureInfo.InvariantCulture, $"Step {step} on {host} was not done within {timeout.TotalSeconds:N0} s."),
    "Look on the host what holds it up.");

/// <summary>A step did not stop when it was told to: what it still does cannot be known, so nothing is undone.</summary>
public sealed class StepDidNotStopException(string step, string host) : RecoveryException(
    FailureKind.Timeout,
    step,
    $"Step {step} on {host} did not stop when it was told to.",
    "Look what it still does on the host; when it is over, run Undo-RecoveryRun or Resume-RecoveryRun.");

/// <summary>A plan's steps do not fit together.</summary>
public sealed class RunbookNotValidException(string step, string reason) : RecoveryException(FailureKind.InvalidInput, step, $"Step {step}: {reason}", null);

/// <summary>A run failed before clients were let in, and everything is back as it was.</summary>
public sealed class RunUndoneException(RecoveryRun run, RecoveryStepResult? step) : RecoveryException(
    FailureKind.InvalidState,
    run.Id,
    $"{run.Id} failed at {Where(step)} Everything is back as it was before.",
    "Remove the cause and run it again; Get-RecoveryRun shows each step.")
{
    public RecoveryRun Run { get; } = run;

    internal static string Where(RecoveryStepResult? step) => step is null ? "its start." : $"'{step.Step}' on {step.Host}: {step.Text}";
}

/// <summary>A run failed after clients had been let in: nothing is undone.</summary>
public sealed class RunFailedException(RecoveryRun run, RecoveryStepResult? step) : RecoveryException(
    FailureKind.InvalidState,
    run.Id,
    $"{run.Id} failed at {RunUndoneException.Where(step)}{(run.PointOfNoReturn is null ? "" : " Clients had been let in already, so nothing was undone.")}",
    $"Remove the cause, then: Resume-RecoveryRun {run.Id}")
{
    public RecoveryRun Run { get; } = run;
}

/// <summary>A run failed and could not be taken back wholly.</summary>
public sealed class RunUndoFailedException(RecoveryRun run, RecoveryStepResult? failed, RecoveryStepResult? undo) : RecoveryException(
    FailureKind.InvalidState,
    run.Id,
    $"{run.Id} failed at {RunUndoneException.Where(failed)} Undoing '{undo?.Step}' on {undo?.Host} failed as well: {undo?.Text}",
    $"Nothing was deleted: old data directories are parked beside the new ones. Remove the cause, then: Undo-RecoveryRun {run.Id}")
{
    public RecoveryRun Run { get; } = run;
}

/// <summary>A run goes on already, or has ended.</summary>
public sealed class RunNotResumableException(string run, string reason, string advice) : RecoveryException(FailureKind.Refused, run, $"{run} {reason}", advice)
{
    internal static RunNotResumableException Ended(RecoveryRun run) =>
        new(run.Id, $"has ended: {run.Result}.", "There is nothing to go on with and nothing to take back: start a new run with Restore-EtcdCluster.");
}
