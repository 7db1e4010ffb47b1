using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A repository holds another backup under the id of the one that was to be copied there.</summary>
public sealed class BackupDiffersException(string id, Uri store) : RecoveryException(
    FailureKind.AlreadyExists,
    id,
    $"{store} holds a backup {id} whose manifest is another one; it was not touched.",
    "One of the two manifests was changed: Test-SnapshotRepository tells which is signed and whole.");
