using System.Management.Automation;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Module.Runs;

namespace DrPowerShell.Module.Commands;

/// <summary>Goes on with a run that was interrupted, or that failed after clients had been let in.</summary>
/// <remarks>
/// <para>
/// The same steps are made again from the run's journal. What was finished is not repeated, but for the locks, which are taken first, and for
/// services that were stopped, which a machine may have started when it was booted; the step that was under way looks first at what is there. A run
/// whose undo had begun is taken back to its end.
/// </para>
/// <para>
/// On another machine the journal is fetched from the repository (-Repository). Two who work on the same run at once are kept apart by its locks:
/// the second is told who holds them since when. Where that process is known to be gone, name the run with -BreakLock.
/// </para>
/// <para>
/// A run that has ended is refused (RunNotResumable). If its repository did not answer at its end, only the rest of its journal is stored there.
/// </para>
/// </remarks>
/// <example>
/// <para>The shell was closed in the middle of a restore: go on with it.</para>
/// <code>Get-RecoveryRun -Cluster prod -Result Interrupted -Last 1 | Resume-RecoveryRun</code>
/// </example>
/// <example>
/// <para>The machine that ran the restore is gone: go on with it here.</para>
/// <code>Resume-RecoveryRun restore-20261122T141530Z-7f3a -Repository offsite -BreakLock restore-20261122T141530Z-7f3a -PassThru</code>
/// </example>
[Cmdlet(VerbsLifecycle.Resume, "RecoveryRun", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RecoveryRun), typeof(RecoveryStepResult))]
public sealed class ResumeRecoveryRunCommand : RunCmdlet
{
    private protected override string Act(RecoveryRun run) => run.IsSealed
        ? "Store the rest of its journal in the repository"
        : $"Go on with the restore at {run.Steps.Count(step => step.Outcome == StepOutcome.Succeeded)} of {run.Steps.Count} steps";

    private protected override bool MakesChecks => true;

    private protected override Task<RecoveryRun> GoAsync(RunSession session, string id, Func<RunBegun, Runbook> create, CancellationToken cancellationToken) =>
        session.ResumeAsync(id, create, cancellationToken);
}
