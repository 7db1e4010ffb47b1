using DrPowerShell.Core.Runbooks.Errors;

namespace DrPowerShell.Core.Runbooks;

/// <summary>Which steps may begin, and in which order they are taken back.</summary>
internal static class RunbookOrder
{
    /// <summary>Checks that ids are unique, phases ascend, and steps wait only for steps that come before them.</summary>
    /// <exception cref="RunbookNotValidException">They do not.</exception>
    public static void Check(IReadOnlyList<RunbookStep> steps)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var phase = RecoveryPhase.Assess;
        foreach (var step in steps)
        {
            var missing = step.After.FirstOrDefault(id => !seen.Contains(id));
            var reason = step.Phase < phase ? $"its phase {step.Phase} comes after {phase}."
                : missing is not null ? $"it waits for '{missing}', which does not come before it."
                : !seen.Add(step.Id) ? "there is another of that name."
                : null;
            if (reason is not null)
            {
                throw new RunbookNotValidException(step.Id, reason);
            }

            phase = step.Phase;
        }
    }

    /// <summary>The steps that may begin now: all of the first phase that is not finished whose predecessors are.</summary>
    public static IReadOnlyList<RunbookStep> Ready(IReadOnlyList<RunbookStep> steps, IReadOnlySet<string> finished, IReadOnlyCollection<RunbookStep> underWay)
    {
        var open = steps.Where(step => !finished.Contains(step.Id)).ToList();
        return open.Count == 0
            ? []
            : [.. open.Where(step => step.Phase == open[0].Phase && !underWay.Contains(step) && step.After.All(finished.Contains))];
    }

    /// <summary>The steps that were begun, by phase, the last phase and in it the last begun first.</summary>
    public static IEnumerable<IReadOnlyList<RunbookStep>> Backwards(IReadOnlyList<RunbookStep> steps, IReadOnlyList<string> begun) =>
        steps
            .Where(step => begun.Contains(step.Id, StringComparer.Ordinal))
            .GroupBy(step => step.Phase)
            .OrderByDescending(group => group.Key)
            .Select(group => (IReadOnlyList<RunbookStep>)[.. group.OrderByDescending(step => begun.ToList().IndexOf(step.Id))]);

    /// <summary>The steps of one phase in the order of their undo: each wave holds what nothing that is left waits for.</summary>
    public static IEnumerable<IReadOnlyList<RunbookStep>> Waves(IReadOnlyList<RunbookStep> phase)
    {
        for (var left = phase.ToList(); left.Count > 0;)
        {
            var wave = left.Where(step => !left.Exists(other => other.After.Contains(step.Id, StringComparer.Ordinal))).ToList();
            yield return wave;
            left.RemoveAll(wave.Contains);
        }
    }
}
