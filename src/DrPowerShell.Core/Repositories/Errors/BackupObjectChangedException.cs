using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A stored object does not have the size or SHA-256 of its manifest.</summary>
public sealed class BackupObjectChangedException(string id, string name, Uri store, string reason) : RecoveryException(
    FailureKind.InvalidData,
    id,
    $"The object '{name}' of the backup {id} in {store} is not what was stored: {reason}",
    "Keep it for those who look into it, and copy the backup again from another repository.");
