using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Wal;

namespace DrPowerShell.Etcd.Snapshots.Restore;

/// <summary>
/// How far a restore raises the revision, so that it never goes back for a client that has seen a newer one: such a client would wait in
/// silence for changes that it believes to have seen.
/// </summary>
public static class RevisionBump
{
    /// <summary>Raised on top of the newest revision known: writes that were acknowledged after it was noted.</summary>
    public const long Margin = 1_000_000;

    /// <summary>Raised where nothing is known of what clients have seen.</summary>
    public const long Unknown = 1_000_000_000;

    /// <summary>The bump for a snapshot, given the newest revision that clients may have seen.</summary>
    /// <param name="snapshotRevision">The snapshot's own revision.</param>
    /// <param name="newestRevision">The newest revision seen; null where nothing is known.</param>
    public static long Auto(long snapshotRevision, long? newestRevision) =>
        newestRevision is { } newest ? Math.Max(0, newest - snapshotRevision) + Margin : Unknown;

    /// <summary>
    /// The newest revision that clients of a stopped member may have seen: its database's, and one for each raft entry that the WAL holds
    /// beyond what the database has applied.
    /// </summary>
    /// <param name="dataDirectory">The member's data directory.</param>
    public static long NewestRevisionOf(string dataDirectory, CancellationToken cancellationToken = default)
    {
        using var source = FileByteSource.Open(Path.Combine(dataDirectory, "member", "snap", "db"));
        var metadata = SnapshotMetadataReader.Read(BoltDatabase.Open(source), cancellationToken);
        var wal = WalReader.Read(Path.Combine(dataDirectory, "member", "wal"), cancellationToken);
        // A database that was never written since it was made says nothing, and has applied nothing.
        var applied = metadata.ConsistentIndex ?? 0;
        var beyond = wal.LastIndex > applied ? wal.LastIndex - applied : 0;
        return metadata.RevisionAfterBoot + (long)Math.Min(beyond, int.MaxValue);
    }
}
