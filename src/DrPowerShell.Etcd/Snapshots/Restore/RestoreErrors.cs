using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Etcd.Snapshots.Restore;

/// <summary>A snapshot was found damaged, so that nothing is restored from it.</summary>
public sealed class SnapshotNotValidException(string path, IReadOnlyList<SnapshotFinding> findings)
    : RecoveryException(
        FailureKind.InvalidData,
        path,
        $"'{path}' is not valid and was not restored: {findings.FirstOrDefault(f => f.Severity == FindingSeverity.Error)?.Text ?? "it was tested and found damaged."}",
        "Restore another snapshot; 'Test-EtcdSnapshot -Level Full' lists everything that is wrong with this one.")
{
    /// <summary>What was found.</summary>
    public IReadOnlyList<SnapshotFinding> Findings { get; } = findings;
}

/// <summary>The SHA-256 at the end of a snapshot differs from that of its bytes.</summary>
public sealed class SnapshotDigestMismatchException(string path, string computed, string stored)
    : RecoveryException(
        FailureKind.InvalidData,
        path,
        $"'{path}' was changed after it was taken: its bytes have SHA-256 {computed}, its end says {stored}. Nothing was restored.",
        "Restore another copy of it, or another snapshot.");

/// <summary>A file ends in no digest, and nobody said that this is expected.</summary>
public sealed class SnapshotDigestMissingException(string path)
    : RecoveryException(
        FailureKind.InvalidData,
        path,
        $"'{path}' carries no SHA-256 at its end, so that damage inside values could not be seen.",
        "If it is the 'member/snap/db' of a stopped member, add -SkipDigest; if it is a snapshot, it was cut off: use another copy.");

/// <summary>A data directory exists and is not empty.</summary>
public sealed class DataDirectoryNotEmptyException(string path)
    : RecoveryException(
        FailureKind.AlreadyExists,
        path,
        $"The data directory '{path}' exists and is not empty; nothing in it was touched.",
        "Stop etcd and move the old directory aside (it is the only copy of what was written since the snapshot), or name another directory.");

/// <summary>A restore names no target for a member, or the same one for several.</summary>
public sealed class RestoreTargetInvalidException(string target, string reason, string action)
    : RecoveryException(FailureKind.InvalidInput, target, reason, action);

/// <summary>The disk of the target has no room.</summary>
public sealed class TargetDiskFullException(string path, long needed, Exception? inner = null)
    : RecoveryException(
        FailureKind.DiskFull,
        path,
        $"The disk of '{path}' has no room for {needed:N0} bytes; nothing was left behind on it.",
        "Free space there or name a target on another disk; for a restore, -Compact writes only what is in use.",
        inner);

/// <summary>The target cannot be written.</summary>
public sealed class TargetWriteFailedException(string path, string reason, Exception? inner = null)
    : RecoveryException(
        FailureKind.WriteFailed,
        path,
        $"'{path}' could not be written: {reason}",
        "Check the path, its owner and the disk; what had been written under a temporary name was removed.",
        inner);

/// <summary>The etcd that shall run on the restored directory would refuse it, or panic.</summary>
public sealed class EtcdVersionRefusedException(string path, Version version, string reason, string action)
    : RecoveryException(
        FailureKind.InvalidInput,
        path,
        $"etcd {version} would not start from '{path}': {reason}",
        action);

/// <summary>A revision cannot be raised that far.</summary>
public sealed class RevisionBumpInvalidException(long bump, string reason)
    : RecoveryException(
        FailureKind.InvalidInput,
        bump,
        $"The revision cannot be raised by {bump:N0}: {reason}.",
        "Give a number from 1 to a few thousand millions, or 'Auto'.");
