using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>A result of an earlier session, or of another machine, was piped on: it does not say how its repository is opened.</summary>
public sealed class StoredSnapshotUnknownException(string backup) : RecoveryException(
    FailureKind.InvalidInput,
    backup,
    $"The result about {backup} does not come from this session, and does not say how its repository is opened.",
    "Pipe the backup itself: Get-EtcdSnapshot -Repository … -Id ….");
