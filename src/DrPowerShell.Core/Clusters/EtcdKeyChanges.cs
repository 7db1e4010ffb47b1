namespace DrPowerShell.Core.Clusters;

/// <summary>A key that was written to a live cluster.</summary>
public sealed record EtcdKeyWrite
{
    /// <summary>The key as text.</summary>
    public required string Key { get; init; }

    /// <summary>The value's size in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>The lease attached to it, 0 for none.</summary>
    public long Lease { get; init; }

    /// <summary>The main revision that the write made.</summary>
    public required long Revision { get; init; }
}

/// <summary>Keys that were removed from a live cluster, in one transaction.</summary>
public sealed record EtcdKeyRemoval
{
    /// <summary>What was removed: the key, the prefix or the range, as it was given.</summary>
    public required string Target { get; init; }

    /// <summary>How many keys were removed.</summary>
    public required long Count { get; init; }

    /// <summary>The main revision of the removal; keys can be read at the one before it until a compaction.</summary>
    public required long Revision { get; init; }
}
