namespace DrPowerShell.Core.Retention;

/// <summary>What retention is asked to do.</summary>
public sealed record RetentionRequest
{
    public required RetentionPolicy Policy { get; init; }

    /// <summary>The cluster's name; null for every cluster of the repository, each by itself.</summary>
    public string? Cluster { get; init; }

    /// <summary>Whether a shrink of the newest backup is known and meant.</summary>
    public bool AcceptShrink { get; init; }

    /// <summary>Whether what dead backups left is collected as well.</summary>
    public bool Collect { get; init; } = true;
}
