namespace DrPowerShell.Core.Runbooks;

/// <summary>What a process does again that goes on with the run of another one.</summary>
internal static class Resumption
{
    /// <summary>The locks that the run may hold.</summary>
    public static IEnumerable<RunbookStep> Locks(Runbook runbook, RunState state) => Held(runbook, state).Where(step => step.IsLock);

    /// <summary>What was brought about and may be gone, such as a service that was stopped on a machine which has been booted since.</summary>
    public static IEnumerable<RunbookStep> Again(Runbook runbook, RunState state) => Held(runbook, state).Where(step => !step.IsLock && state.Finished.Contains(step.Id));

    /// <summary>Whether the step must still hold: it was finished, and nothing has begun to end it.</summary>
    public static bool IsHeld(RunbookStep step, RunState state) =>
        state.Finished.Contains(step.Id) && !state.TakingBack.Contains(step.Id) && !state.Begun.Contains(step.HoldsUntil, StringComparer.Ordinal);

    /// <summary>
    /// The steps whose undo need not be repeated: all of a machine, once everything on it is back. As long as a part of it is not, the whole way is
    /// gone again: a member that was stopped may have been started by a boot since, and its data must not be moved under it.
    /// </summary>
    public static IReadOnlySet<string> Back(Runbook runbook, RunState state) =>
        runbook.Steps.Where(step => step.Phase > RecoveryPhase.Approve && step.UndoTitle is not null && state.Begun.Contains(step.Id, StringComparer.Ordinal))
            .GroupBy(step => step.Host, StringComparer.Ordinal)
            .Where(machine => machine.All(step => state.TakenBack.Contains(step.Id)))
            .SelectMany(machine => machine.Select(step => step.Id)).ToHashSet(StringComparer.Ordinal);

    private static IEnumerable<RunbookStep> Held(Runbook runbook, RunState state) => runbook.Steps.Where(step =>
        step.HoldsUntil is { } end && state.Begun.Contains(step.Id, StringComparer.Ordinal) && !state.TakenBack.Contains(step.Id) && !state.Finished.Contains(end));
}
