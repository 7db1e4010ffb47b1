using System.Management.Automation;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Runbooks.Errors;
using DrPowerShell.Module.Runs;

namespace DrPowerShell.Module.Commands;

/// <summary>Takes back what a run has begun: data directories, configuration and services are as they were before it.</summary>
/// <remarks>
/// <para>
/// The steps are taken back in reverse, and the old cluster is proven to be up again if it was up before. Nothing is deleted that was there before
/// the run. A machine that does not answer for a moment is asked again for half a minute. Once clients were let in a run cannot be taken back
/// (RunNotResumable): what they wrote since would be lost.
/// </para>
/// <para>
/// On another machine the journal is fetched from the repository (-Repository). Two who work on the same run at once are kept apart by its locks:
/// the second is told who holds them since when. Where that process is known to be gone, name the run with -BreakLock.
/// </para>
/// </remarks>
/// <example>
/// <para>Take the newest restore back, which died half way.</para>
/// <code>Get-RecoveryRun -Cluster prod -Result Interrupted, UndoFailed -Last 1 | Undo-RecoveryRun</code>
/// </example>
/// <example>
/// <para>What would be taken back? Nothing is changed.</para>
/// <code>Undo-RecoveryRun restore-20261122T141530Z-7f3a -WhatIf</code>
/// </example>
[Cmdlet(VerbsCommon.Undo, "RecoveryRun", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RecoveryRun), typeof(RecoveryStepResult))]
public sealed class UndoRecoveryRunCommand : RunCmdlet
{
    private protected override string Act(RecoveryRun run) => run.IsSealed
        ? throw RunNotResumableException.Ended(run)
        : $"Take back {run.Steps.Count(step => step.Outcome is not (StepOutcome.Pending or StepOutcome.Undone))} of {run.Steps.Count} steps";

    private protected override Task<RecoveryRun> GoAsync(RunSession session, string id, Func<RunBegun, Runbook> create, CancellationToken cancellationToken) =>
        session.UndoAsync(id, create, cancellationToken);
}
