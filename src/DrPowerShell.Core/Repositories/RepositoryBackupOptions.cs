using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Repositories;

/// <summary>What a backup into a repository shall be.</summary>
public sealed record RepositoryBackupOptions
{
    /// <summary>The cluster's name: the folder in the repository.</summary>
    public required string ClusterName { get; init; }

    /// <summary>How far the snapshot is verified before its manifest is written. Above Digest it is spooled on a disk for that.</summary>
    public VerificationLevel Level { get; init; } = VerificationLevel.Full;

    /// <summary>Where it is spooled; null for the machine's folder for temporary files, where that has room.</summary>
    public string? SpoolDirectory { get; init; }

    /// <summary>Spool nothing: the snapshot goes through memory alone, and is verified to level Digest, or read back from the store where <see cref="Level"/> was asked for.</summary>
    public bool NoSpool { get; init; }

    /// <summary>Whether <see cref="Level"/> was asked for, so that a lower one must not take its place in silence.</summary>
    public bool IsLevelRequired { get; init; }

    /// <summary>Files and folders beside etcd that go with the backup, as full paths.</summary>
    public IReadOnlyList<string> IncludeFiles { get; init; } = [];

    /// <summary>Store those files also where nothing encrypts them.</summary>
    public bool AllowPlainFiles { get; init; }

    /// <summary>The etcd program for level Boot; null to look for it on PATH.</summary>
    public string? EtcdPath { get; init; }
}
