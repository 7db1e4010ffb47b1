namespace DrPowerShell.Core.Repositories.Checking;

/// <summary>What the check of a repository found.</summary>
public sealed record RepositoryCheckResult
{
    /// <summary>The repository's name.</summary>
    public required string Repository { get; init; }

    /// <summary>Where it is.</summary>
    public required Uri Location { get; init; }

    /// <summary>How many backups there are, damaged ones included.</summary>
    public required int Backups { get; init; }

    /// <summary>When the newest good backup was made, UTC; of several clusters, that of the one which lies furthest behind. Null where there is none.</summary>
    public DateTimeOffset? Newest { get; init; }

    /// <summary>How old the newest good backup was at the check.</summary>
    public TimeSpan? NewestAge => Checked - Newest;

    /// <summary>How old it may be; null where nothing was asked.</summary>
    public TimeSpan? Rpo { get; init; }

    /// <summary>How many backups are proven: verified to Full or higher when they were made or later, and not found damaged since.</summary>
    public required int Proven { get; init; }

    /// <summary>How many backups this check read again.</summary>
    public required int Reverified { get; init; }

    /// <summary>How many stored bytes this check read for that.</summary>
    public required long BytesRead { get; init; }

    /// <summary>What was found, the worst first.</summary>
    public required IReadOnlyList<RepositoryFinding> Findings { get; init; }

    /// <summary>Whether there is no finding of severity Error.</summary>
    public bool IsValid => Findings.All(f => f.Severity != DrPowerShell.Etcd.Snapshots.FindingSeverity.Error);

    /// <summary>When the check began, UTC.</summary>
    public required DateTimeOffset Checked { get; init; }

    public required TimeSpan Duration { get; init; }
}
