namespace DrPowerShell.Etcd.Snapshots;

/// <summary>How bad a finding is.</summary>
public enum FindingSeverity
{
    /// <summary>Worth knowing; nothing is wrong.</summary>
    Information,

    /// <summary>The snapshot can be restored, but somebody should look.</summary>
    Warning,

    /// <summary>The snapshot must not be trusted.</summary>
    Error,
}

/// <summary>One thing that a verification found.</summary>
public sealed record SnapshotFinding
{
    public required FindingSeverity Severity { get; init; }

    /// <summary>A stable name of the condition, such as <c>DigestMismatch</c>.</summary>
    public required string Code { get; init; }

    /// <summary>The page number, where one is to blame.</summary>
    public ulong? Page { get; init; }

    /// <summary>The bucket, where one is to blame.</summary>
    public string? Bucket { get; init; }

    /// <summary>The key, where one is to blame.</summary>
    public string? Key { get; init; }

    /// <summary>What was found, as a sentence.</summary>
    public required string Text { get; init; }

    public override string ToString() => $"{Severity} {Code}: {Text}";
}
