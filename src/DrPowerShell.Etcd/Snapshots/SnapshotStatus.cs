using System.Globalization;
using DrPowerShell.Etcd.Mvcc;

namespace DrPowerShell.Etcd.Snapshots;

/// <summary>What a snapshot holds: the figures of <c>etcdutl snapshot status</c>, and what an operator asks besides.</summary>
public sealed record SnapshotStatus
{
    /// <summary>CRC-32C over every bucket's name, keys and values: the hash of <c>etcdutl snapshot status</c>, the same in 3.4 to 3.6.</summary>
    public required uint Hash { get; init; }

    /// <summary>The hash as etcdutl prints it.</summary>
    public string HashText => Hash.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>The main revision of the newest row.</summary>
    public required long Revision { get; init; }

    /// <summary>"Total keys" as etcdutl 3.5 and etcdctl 3.4 count: the rows of all buckets.</summary>
    public required long TotalKeyV35 { get; init; }

    /// <summary>"Total keys" as etcdutl 3.6 counts: distinct user keys that live; null below level Full.</summary>
    public long? TotalKeyV36 { get; init; }

    /// <summary>The size of the database image in bytes, the digest excluded.</summary>
    public required long TotalSize { get; init; }

    /// <summary>The oldest row's main revision, null in an empty store.</summary>
    public long? OldestRevision { get; init; }

    /// <summary>The main revision up to which history was compacted, 0 for never.</summary>
    public long CompactedRevision { get; init; }

    /// <summary>A compaction that was begun but not finished (a restore with a bump leaves one), 0 for none.</summary>
    public long ScheduledCompactRevision { get; init; }

    /// <summary>How many rows are tombstones; null below level Full.</summary>
    public long? Tombstones { get; init; }

    /// <summary>Live keys by their first two path segments, the largest group first; empty below level Full.</summary>
    public IReadOnlyList<KeyPrefixCount> KeyPrefixes { get; init; } = [];

    /// <summary>Bytes of the image that lie on free pages.</summary>
    public long FreeBytes { get; init; }

    /// <summary>What the database's own buckets say of the cluster.</summary>
    public required SnapshotMetadata Metadata { get; init; }

    /// <summary>In one line, as it stands in a list of a test's result.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(TotalKeyV36 is { } live ? $"{live:N0} live keys" : $"{TotalKeyV35:N0} rows")}, hash {HashText}; {Metadata}");
}
