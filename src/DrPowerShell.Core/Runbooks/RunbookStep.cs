namespace DrPowerShell.Core.Runbooks;

/// <summary>One step of a runbook: the plan shows it and the executor runs it. It knows nothing of other steps but the facts they publish.</summary>
/// <remarks>
/// A step may be run again after its process died in the middle of it, and may be undone after it was begun and not finished: both first look at
/// what is there. What its undo must know it records before it acts (<see cref="StepContext.RecordAsync{T}"/>).
/// </remarks>
public abstract class RunbookStep
{
    /// <summary>Its name in plan and journal, such as stop-etcd-1: unique in a runbook, and the same for the same plan.</summary>
    public required string Id { get; init; }

    public required RecoveryPhase Phase { get; init; }

    /// <summary>What it does, in a few words.</summary>
    public required string Title { get; init; }

    /// <summary>The host it works on; "local" for this machine.</summary>
    public string Host { get; init; } = "local";

    /// <summary>The ids of the steps that must have finished before it begins; all earlier phases have finished in any case.</summary>
    public IReadOnlyList<string> After { get; init; } = [];

    /// <summary>How long one attempt may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often it is attempted, and the pause after the first failure, which doubles.</summary>
    public StepRetry Retry { get; init; } = StepRetry.None;

    /// <summary>How long it will take, from sizes and earlier runs; null where nothing is known.</summary>
    public TimeSpan? Estimate { get; internal set; } = TimeSpan.FromSeconds(1);

    /// <summary>Of how many earlier runs the estimate is the median; 0 where only sizes tell.</summary>
    public int EarlierRuns { get; internal set; }

    /// <summary>How many bytes it moves; 0 for none.</summary>
    public long Bytes { get; init; }

    /// <summary>Whether anything is changed by it.</summary>
    public bool IsChange { get; init; }

    /// <summary>Whether clients are let in by it: nothing is undone once the first of these has begun.</summary>
    public bool LetsClientsIn { get; init; }

    /// <summary>Whether a failure ends the run; else it becomes a finding and the run goes on.</summary>
    public bool IsRequired { get; init; } = true;

    /// <summary>
    /// The step that ends what this one brings about, such as the start that ends a stop; null for none. Until that one has finished, another process
    /// that goes on with the run, or takes it back, does this step again first: what it brought about may be gone, as after a reboot.
    /// </summary>
    public string? HoldsUntil { get; init; }

    /// <summary>
    /// Whether it keeps other runs away. A process that goes on with a run takes its locks again before it does or writes anything: a refusal ends the
    /// attempt to go on, and not the run.
    /// </summary>
    public bool IsLock { get; init; }

    /// <summary>What its undo does, in a few words; null where there is nothing to undo.</summary>
    public string? UndoTitle { get; init; }

    /// <summary>The commands that it will run or the files it will touch, for the plan's reader.</summary>
    public IReadOnlyList<string> Commands { get; init; } = [];

    /// <summary>Does it. Returning means that it is done and proven.</summary>
    protected internal abstract Task RunAsync(StepContext context, CancellationToken cancellationToken);

    /// <summary>Takes it back, whether it was finished or only begun, and proves that.</summary>
    protected internal virtual Task UndoAsync(StepContext context, CancellationToken cancellationToken) => Task.CompletedTask;

    public override string ToString() => Id;
}

/// <summary>How often a step is attempted.</summary>
/// <param name="Attempts">At least 1.</param>
/// <param name="Pause">After the first failure; it doubles with each further one, up to a minute.</param>
public sealed record StepRetry(int Attempts, TimeSpan Pause)
{
    public static StepRetry None { get; } = new(1, TimeSpan.Zero);

    /// <summary>The pause after an attempt, counted from 1.</summary>
    public TimeSpan PauseAfter(int attempt) => TimeSpan.FromTicks(Math.Min(TimeSpan.TicksPerMinute, Pause.Ticks << Math.Min(attempt - 1, 16)));
}
