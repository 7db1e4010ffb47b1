using System.Text.Json;

namespace DrPowerShell.Core.Runbooks;

/// <summary>A plan made into steps: what <c>Get-RecoveryPlan</c> shows and what the executor runs are these same objects.</summary>
public sealed record Runbook
{
    /// <summary>restore, failover or drill.</summary>
    public required string Kind { get; init; }

    /// <summary>What it is about: the cluster's name.</summary>
    public required string Target { get; init; }

    /// <summary>The resolved plan: everything that is needed to make the same steps again on another machine, secrets excepted.</summary>
    public required JsonElement Plan { get; init; }

    /// <summary>The SHA-256 of what approvers agree to, in lowercase hex.</summary>
    public required string Digest { get; init; }

    /// <summary>In their order: phases ascending.</summary>
    public required IReadOnlyList<RunbookStep> Steps { get; init; }

    /// <summary>Asked, with the run's id, before each change and before each undo of one; what it throws keeps the step from touching anything. Null for none.</summary>
    public Func<RunbookStep, string, CancellationToken, Task>? Guard { get; init; }

    /// <summary>Told, with the run's id, that clients are about to be let in, once that is in the journal of this machine; null for nobody.</summary>
    public Func<string, CancellationToken, Task>? PointOfNoReturn { get; init; }

    /// <summary>How long the service may be gone; null for no target.</summary>
    public TimeSpan? RecoveryTimeObjective { get; init; }

    /// <summary>How much may be lost; null for no target.</summary>
    public TimeSpan? RecoveryPointObjective { get; init; }

    /// <summary>When the outage began; null where only the run's start is known.</summary>
    public DateTimeOffset? OutageStart { get; init; }

    /// <summary>The steps as the plan lists them.</summary>
    public IReadOnlyList<RecoveryPlanStep> Describe() => [.. Steps.Select((step, index) => RecoveryPlanStep.Of(step, index + 1))];
}

/// <summary>One step of a plan.</summary>
public sealed record RecoveryPlanStep : Approvals.IApprovablePlan
{
    /// <summary>From 1.</summary>
    public required int Number { get; init; }

    public required string Id { get; init; }

    public required RecoveryPhase Phase { get; init; }

    /// <summary>Where it works; "local" for the machine that the command runs on.</summary>
    public required string Host { get; init; }

    /// <summary>What it does.</summary>
    public required string Step { get; init; }

    /// <summary>How it is taken back; null where there is nothing to take back.</summary>
    public string? Undo { get; init; }

    public IReadOnlyList<string> After { get; init; } = [];

    /// <summary>The commands it runs or the files it touches.</summary>
    public IReadOnlyList<string> Commands { get; init; } = [];

    /// <summary>How many bytes it moves; 0 for none.</summary>
    public long Bytes { get; init; }

    /// <summary>How long it will take; null where nothing is known.</summary>
    public TimeSpan? Estimate { get; init; }

    /// <summary>Of how many earlier runs the estimate is the median; 0 where only sizes tell.</summary>
    public int EarlierRuns { get; init; }

    /// <summary>How long one attempt may take.</summary>
    public TimeSpan Timeout { get; init; }

    public bool IsChange { get; init; }

    /// <summary>Whether clients are let in by it: from the first of these on nothing is undone.</summary>
    public bool LetsClientsIn { get; init; }

    /// <summary>The plan that it belongs to, for New-RecoveryRequest; null in a journal.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public Approvals.PlanSummary? Plan { get; init; }

    /// <inheritdoc/>
    Approvals.PlanSummary Approvals.IApprovablePlan.ToSummary() =>
        Plan ?? throw new InvalidOperationException($"The step '{Id}' is one of a journal, and no plan's.");

    public static RecoveryPlanStep Of(RunbookStep step, int number) => new()
    {
        Number = number,
        Id = step.Id,
        Phase = step.Phase,
        Host = step.Host,
        Step = step.Title,
        Undo = step.UndoTitle,
        After = step.After,
        Commands = step.Commands,
        Bytes = step.Bytes,
        Estimate = step.Estimate,
        EarlierRuns = step.EarlierRuns,
        Timeout = step.Timeout,
        IsChange = step.IsChange,
        LetsClientsIn = step.LetsClientsIn,
    };
}
