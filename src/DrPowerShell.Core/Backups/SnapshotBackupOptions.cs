using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Backups;

/// <summary>What a backup to a file shall be.</summary>
public sealed record SnapshotBackupOptions
{
    /// <summary>The file's full path; its folder exists.</summary>
    public required string Path { get; init; }

    /// <summary>How far the file is verified before it gets its name; the digest always is.</summary>
    public VerificationLevel Level { get; init; } = VerificationLevel.Full;

    /// <summary>The cluster's name, for the result.</summary>
    public string? ClusterName { get; init; }

    /// <summary>The etcd program for level Boot; null to look for it on PATH.</summary>
    public string? EtcdPath { get; init; }
}

/// <summary>How far a backup has come.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Done">Bytes done.</param>
/// <param name="Total">All bytes, 0 where not known.</param>
public readonly record struct BackupProgress(BackupStage Stage, long Done, long Total);

/// <summary>The stages of a backup.</summary>
public enum BackupStage
{
    Streaming,
    Verifying,
}
