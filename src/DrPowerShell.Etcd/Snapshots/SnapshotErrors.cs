using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Etcd.Snapshots;

/// <summary>A snapshot no longer holds a revision: it was compacted before the snapshot was taken.</summary>
public sealed class SnapshotRevisionCompactedException(string path, long revision, long compacted)
    : RecoveryException(
        FailureKind.InvalidInput,
        revision,
        $"'{path}' holds history from revision {compacted:N0} on; {revision:N0} was compacted before it was taken.",
        "Ask for a newer revision, or look in an older snapshot.");

/// <summary>A snapshot does not reach a revision.</summary>
public sealed class SnapshotRevisionInFutureException(string path, long revision, long newest)
    : RecoveryException(
        FailureKind.InvalidInput,
        revision,
        $"'{path}' ends at revision {newest:N0}; {revision:N0} came later.",
        "Ask for an older revision, or look in a newer snapshot.");
