using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Raft;

namespace DrPowerShell.Etcd.Snapshots.Restore;

/// <summary>What a restore makes of a snapshot.</summary>
public sealed record RestoreOptions
{
    /// <summary>All members of the new cluster, with their ids.</summary>
    public required ClusterTopology Topology { get; init; }

    /// <summary>The members whose data directories are built here, all of them from one read.</summary>
    public required IReadOnlyList<RestoreTarget> Targets { get; init; }

    /// <summary>How far the revision is raised, 0 for not at all; the raised revision is marked compacted, so that every watcher is told.</summary>
    public long RevisionBump { get; init; }

    /// <summary>Writes only what is in use, densely, instead of the image as it is.</summary>
    public bool Compact { get; init; }

    /// <summary>
    /// Makes the members' databases, which are equal, one file with several names where the file system can: for directories that are copied elsewhere
    /// before an etcd writes into them.
    /// </summary>
    public bool LinksDatabases { get; init; }

    /// <summary>Takes a file without a digest (a raw member/snap/db), which is then verified to Full.</summary>
    public bool SkipDigest { get; init; }

    /// <summary>Leaves out the alarms that were raised when the snapshot was taken.</summary>
    public bool ClearAlarms { get; init; }

    /// <summary>Leaves out a downgrade that was under way when the snapshot was taken.</summary>
    public bool ClearDowngrade { get; init; }

    /// <summary>Switches authentication off in the restored copy: for a sandbox, never for production.</summary>
    public bool DisableAuth { get; init; }

    /// <summary>The etcd version that will run on it, major.minor; null skips the checks that depend on it.</summary>
    public Version? TargetVersion { get; init; }

    /// <summary>Owner, group and mode; what is not given is taken from the directory that is there.</summary>
    public FileOwnership Ownership { get; init; } = new();
}

/// <summary>One data directory to build.</summary>
/// <param name="MemberName">The member's name, as the topology has it.</param>
/// <param name="DataDirectory">The directory: absent or empty.</param>
public sealed record RestoreTarget(string MemberName, string DataDirectory);

/// <summary>A data directory that was built.</summary>
public sealed record RestoredMember
{
    public required string Name { get; init; }

    /// <summary>The member's id as etcd prints it.</summary>
    public required string MemberId { get; init; }

    /// <summary>The cluster's id as etcd prints it.</summary>
    public required string ClusterId { get; init; }

    public required string DataDirectory { get; init; }

    /// <summary>The store's revision once etcd has started.</summary>
    public required long Revision { get; init; }

    /// <summary>How far the revision was raised, 0 for not at all.</summary>
    public required long RevisionBump { get; init; }

    /// <summary>The length of the restored database in bytes.</summary>
    public required long DbSize { get; init; }

    public required IReadOnlyList<string> PeerUrls { get; init; }

    public bool IsLearner { get; init; }

    /// <summary>How long the restore of all members took.</summary>
    public required TimeSpan Duration { get; init; }
}
