namespace DrPowerShell.Core.Restores.Impact;

/// <summary>What the restore of a snapshot would destroy, bring back and cost, as far as it could be measured.</summary>
/// <remarks>
/// Counts are null where the basis does not tell them (<see cref="ImpactBasis.Manifest"/>), and never guessed. A key is the same in both where
/// value and lease are; a key that was written again with the same content is unchanged.
/// </remarks>
public sealed record RestoreImpact
{
    /// <summary>The cluster's name; null where nothing tells.</summary>
    public string? Cluster { get; init; }

    /// <summary>The backup's id, or the snapshot's full path.</summary>
    public required string Snapshot { get; init; }

    /// <summary>The moment up to which the snapshot holds all that was written, UTC: when its stream was begun; of a bare file, when it was last written.</summary>
    public required DateTimeOffset SnapshotTime { get; init; }

    /// <summary>The main revision of the snapshot; 0 for a stored backup that was streamed through unread.</summary>
    public required long SnapshotRevision { get; init; }

    /// <summary>The main revision of the present state; null where nothing tells.</summary>
    public long? LiveRevision { get; init; }

    /// <summary>How many revisions lie between the two; negative where the snapshot is ahead of the cluster.</summary>
    public long? RevisionGap => LiveRevision - SnapshotRevision;

    /// <summary>What <c>-BumpRevision Auto</c> would raise the revision by, so that no client sees it go back.</summary>
    public required long RecommendedBump { get; init; }

    /// <summary>Keys that live now and are not in the snapshot: they vanish.</summary>
    public long? KeysLost { get; init; }

    /// <summary>Keys of the snapshot that were deleted since: they come back.</summary>
    public long? KeysBack { get; init; }

    /// <summary>Keys in both, with another value or lease: they go back to the snapshot's.</summary>
    public long? KeysReverted { get; init; }

    /// <summary>Keys that are the same in both.</summary>
    public long? KeysUnchanged { get; init; }

    /// <summary>How many keys the snapshot holds; from its manifest where it was not read.</summary>
    public long? SnapshotKeys { get; init; }

    /// <summary>How many keys live now; from the newest manifest where that is the basis.</summary>
    public long? LiveKeys { get; init; }

    /// <summary>
    /// Leases that do not survive: those that live now and the snapshot does not know (their holders are told "lease not found" at the next
    /// renewal), and those of the snapshot that are gone by now (they come back with their time to live, nobody renews them, and they expire with
    /// their keys).
    /// </summary>
    /// <remarks>
    /// A lease that both know goes on: etcd gives each lease its whole time to live again when a leader takes over, or what was left at the last
    /// checkpoint (etcd v3.5 server/lease/lessor.go Promote). Null where the leases of one side could not be read.
    /// </remarks>
    public long? LeasesExpiring { get; init; }

    /// <summary>The snapshot's age: the upper bound of what is lost, as a time.</summary>
    public required TimeSpan LossAtMost { get; init; }

    /// <summary>The last moment at which the cluster is known to have accepted a write, minus the snapshot's time; null where no such moment is known.</summary>
    public TimeSpan? MeasuredLoss { get; init; }

    /// <summary>The last moment at which the cluster is known to have accepted a write, UTC, or the start of the outage that was given.</summary>
    public DateTimeOffset? LastWrite { get; init; }

    /// <summary>What tells <see cref="LastWrite"/>.</summary>
    public LastWriteEvidence LastWriteFrom { get; init; }

    /// <summary>What the snapshot was compared with.</summary>
    public required ImpactBasis Basis { get; init; }

    /// <summary>The changes by the first segments of the keys, the largest group first; what exceeds the limit is summed up as "(other)".</summary>
    public IReadOnlyList<PrefixImpact> ByPrefix { get; init; } = [];

    /// <summary>The changed Kubernetes objects by kind and namespace, the largest group first; what exceeds the limit is summed up as "(other)".</summary>
    /// <remarks>Events, leases of the API and the API servers' own records are not counted: they are written all the time and renew themselves.</remarks>
    public IReadOnlyList<KindImpact> ByKind { get; init; } = [];

    /// <summary>The changed Kubernetes objects by name, in the order of their keys, up to the limit that was asked for.</summary>
    public IReadOnlyList<ObjectImpact> Objects { get; init; } = [];

    /// <summary>The names of the members whose data is replaced.</summary>
    public IReadOnlyList<string> Members { get; init; } = [];

    /// <summary>How long the restore will take: by earlier restores where there are any, else by sizes alone; null where no size is known.</summary>
    public TimeSpan? EstimatedDuration { get; init; }

    /// <summary>Of how many earlier restores <see cref="EstimatedDuration"/> is the median; 0 where sizes alone tell.</summary>
    public int EarlierRestores { get; init; }

    /// <summary>How long it may take, as the estate says; null where it does not.</summary>
    public TimeSpan? RecoveryTimeObjective { get; init; }

    /// <summary>Whether the estimate lies within the objective; null where one of them is missing.</summary>
    public bool? IsWithinObjective => RecoveryTimeObjective is null || EstimatedDuration is null ? null : EstimatedDuration <= RecoveryTimeObjective;

    /// <summary>What could not be measured, and what makes a figure less sure.</summary>
    public IReadOnlyList<ImpactFinding> Findings { get; init; } = [];

    public override string ToString() => Snapshot;
}

/// <summary>What a snapshot was compared with.</summary>
public enum ImpactBasis
{
    /// <summary>The running cluster, or the member of it that still answers.</summary>
    LiveCluster,

    /// <summary>The data directory of a stopped member.</summary>
    DataDirectory,

    /// <summary>The newest manifest in the repository: revisions and key counts alone.</summary>
    Manifest,
}

/// <summary>What tells when the cluster last accepted a write.</summary>
public enum LastWriteEvidence
{
    /// <summary>Nothing does.</summary>
    None,

    /// <summary>The caller named the start of the outage.</summary>
    OutageStart,

    /// <summary>The cluster has a quorum and accepts writes at this moment.</summary>
    Cluster,

    /// <summary>The cluster is at the snapshot's own revision: nothing was written since.</summary>
    Revision,

    /// <summary>The newest time stamp in the Kubernetes objects that were written since the snapshot.</summary>
    Object,

    /// <summary>The time at which the member last wrote to its database or WAL.</summary>
    File,

    /// <summary>A newer backup of the cluster, at a higher revision.</summary>
    Manifest,
}
