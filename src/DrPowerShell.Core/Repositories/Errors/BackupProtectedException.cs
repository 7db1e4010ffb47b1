using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A backup is not removed because too little would be left.</summary>
public sealed class BackupProtectedException(string id, Uri store, string reason) : RecoveryException(
    FailureKind.Refused,
    id,
    $"The backup {id} in {store} was not removed: {reason}",
    "Make and verify a newer one first; -Force removes this one all the same.");
