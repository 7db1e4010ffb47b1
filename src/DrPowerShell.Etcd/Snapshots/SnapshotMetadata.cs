namespace DrPowerShell.Etcd.Snapshots;

/// <summary>What the small buckets of a database say, cheap to read whatever its size.</summary>
public sealed record SnapshotMetadata
{
    public required int PageSize { get; init; }

    /// <summary>bbolt's transaction id: grows with each commit.</summary>
    public required ulong TransactionId { get; init; }

    /// <summary>The bytes up to the high-water mark.</summary>
    public required long ImageSize { get; init; }

    /// <summary>The main revision of the newest row, 0 in an empty store.</summary>
    public required long Revision { get; init; }

    /// <summary>The storage version, from etcd 3.6; null before.</summary>
    public string? StorageVersion { get; init; }

    /// <summary>The cluster version, such as 3.5.0; null where the database does not say.</summary>
    public string? ClusterVersion { get; init; }

    /// <summary>The raft index that the database has applied.</summary>
    public ulong? ConsistentIndex { get; init; }

    /// <summary>The raft term of that index, from etcd 3.5.</summary>
    public ulong? Term { get; init; }

    public long CompactedRevision { get; init; }

    public long ScheduledCompactRevision { get; init; }

    /// <summary>The revision that a server is at once it has loaded the database: 1 in an empty store (etcd v3.6 server/storage/mvcc/kvstore.go restore).</summary>
    public long RevisionAfterBoot => Math.Max(Math.Max(1, Revision), Math.Max(CompactedRevision, ScheduledCompactRevision));

    public bool IsAuthEnabled { get; init; }

    public required IReadOnlyList<SnapshotMember> Members { get; init; }

    /// <summary>How many leases there are.</summary>
    public long LeaseCount { get; init; }

    /// <summary>Alarms that were raised when the snapshot was taken; a restore keeps them unless told otherwise.</summary>
    public IReadOnlyList<SnapshotAlarm> Alarms { get; init; } = [];

    /// <summary>A downgrade under way when the snapshot was taken: its target version, null for none.</summary>
    public string? DowngradeTarget { get; init; }

    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"cluster version {ClusterVersion ?? "unknown"}, {Members.Count} {(Members.Count == 1 ? "member" : "members")}, revision {Revision:N0}");
}

/// <summary>A member of the cluster that the snapshot was taken from.</summary>
public sealed record SnapshotMember(string Id, string Name, IReadOnlyList<string> PeerUrls, IReadOnlyList<string> ClientUrls, bool IsLearner)
{
    public override string ToString() => Name.Length > 0 ? Name : Id;
}

/// <summary>An alarm in the database.</summary>
public sealed record SnapshotAlarm(string MemberId, string Alarm)
{
    public override string ToString() => $"{Alarm} ({MemberId})";
}
