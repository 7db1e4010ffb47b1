using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Repositories.Checking;
using DrPowerShell.Core.Retention;

namespace DrPowerShell.Core.Schedules;

/// <summary>What a run of a schedule did, and what of it fell short.</summary>
public sealed record ScheduleRunResult
{
    /// <summary>The schedule's name.</summary>
    public required string Schedule { get; init; }

    /// <summary>The cluster's name.</summary>
    public required string Cluster { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    public required TimeSpan Duration { get; init; }

    /// <summary>The backup; null where none was made.</summary>
    public EtcdSnapshot? Backup { get; init; }

    /// <summary>The repositories that hold it now, beside the one that it was streamed to.</summary>
    public IReadOnlyList<string> CopiedTo { get; init; } = [];

    /// <summary>What retention decided, repository by repository.</summary>
    public IReadOnlyList<RetentionDecision> Retention { get; init; } = [];

    /// <summary>How many backups retention removed.</summary>
    public int Removed => Retention.Count(decision => decision.IsRemoved);

    /// <summary>What the checks found, one result a repository.</summary>
    public IReadOnlyList<RepositoryCheckResult> Checks { get; init; } = [];

    /// <summary>What fell short, each in one line; empty where nothing did.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    public bool IsSuccessful => Problems.Count == 0;

    public override string ToString() => $"{Schedule}: {(IsSuccessful ? Backup?.Name : string.Join(" ", Problems))}";
}
