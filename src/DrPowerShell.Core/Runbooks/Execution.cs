namespace DrPowerShell.Core.Runbooks;

/// <summary>What the executor keeps of one execution. Used by one thread, but for the facts.</summary>
internal sealed class Execution(Runbook runbook, RunState state, RunFacts facts)
{
    private readonly IReadOnlySet<string> _back = Resumption.Back(runbook, state);

    public Runbook Runbook { get; } = runbook;

    /// <summary>How far an earlier process had come.</summary>
    public RunState State { get; } = state;

    public RunFacts Facts { get; } = facts;

    public List<string> Begun { get; } = [.. state.Begun];

    public HashSet<string> Finished { get; } = [.. state.Finished];

    public bool IsPast { get; set; } = state.IsPastPointOfNoReturn;

    /// <summary>Whether anything but locks was touched.</summary>
    public bool HasChanged => Runbook.Steps.Any(step => step.IsChange && step.Phase > RecoveryPhase.Approve && Begun.Contains(step.Id, StringComparer.Ordinal));

    /// <summary>Whether its undo, and all others on its machine, were done by an earlier process.</summary>
    public bool IsBack(RunbookStep step) => _back.Contains(step.Id);

    public void Begin(RunbookStep step)
    {
        if (!Begun.Contains(step.Id, StringComparer.Ordinal))
        {
            Begun.Add(step.Id);
        }
    }

    public int NumberOf(RunbookStep step)
    {
        for (var i = 0; i < Runbook.Steps.Count; i++)
        {
            if (Runbook.Steps[i].Id == step.Id)
            {
                return i + 1;
            }
        }

        return 0;
    }

    public RecoveryStepResult Result(string run, RunbookStep step, DateTimeOffset started) => new()
    {
        Run = run,
        Number = NumberOf(step),
        Id = step.Id,
        Phase = step.Phase,
        Host = step.Host,
        Step = step.Title,
        Started = started,
    };
}
