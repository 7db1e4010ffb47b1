using DrPowerShell.Core.Repositories;

namespace DrPowerShell.Core.Retention;

/// <summary>What retention does with one backup, and why.</summary>
public sealed record RetentionDecision
{
    /// <summary>The backup's id.</summary>
    public required BackupId Backup { get; init; }

    /// <summary>The repository's name.</summary>
    public required string Repository { get; init; }

    public string Cluster => Backup.Cluster;

    /// <summary>When its snapshot was taken, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The size of the plain snapshot in bytes.</summary>
    public long Size { get; init; }

    /// <summary>Whether it stays.</summary>
    public bool Keep => Rules.Count > 0;

    /// <summary>The rules that keep it, such as "last 7" and "daily 2026-11-20"; empty where none does.</summary>
    public IReadOnlyList<string> Rules { get; init; } = [];

    /// <summary>Whether it was removed: false in a rehearsal, and for what stays.</summary>
    public bool IsRemoved { get; init; }

    /// <summary>Keep, Remove (in a rehearsal, or not allowed) or Removed.</summary>
    public string Act => Keep ? "Keep" : IsRemoved ? "Removed" : "Remove";

    public override string ToString() => $"{Backup}: {Act}{(Keep ? $" ({string.Join(", ", Rules)})" : "")}";
}

/// <summary>What retention does with the backups of one cluster.</summary>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Decisions">One a backup, the newest first.</param>
/// <param name="Shrink">Why nothing may be removed; null where it may.</param>
public sealed record RetentionPlan(string Cluster, IReadOnlyList<RetentionDecision> Decisions, SuspiciousShrinkException? Shrink);
