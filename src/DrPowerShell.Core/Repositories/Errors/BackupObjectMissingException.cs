using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A manifest is there and its object is not.</summary>
public sealed class BackupObjectMissingException(string id, string name, Uri store) : RecoveryException(
    FailureKind.NotFound,
    id,
    $"The object '{name}' of the backup {id} is gone from {store}.",
    "Copy the backup again from another repository (Copy-EtcdSnapshot), or remove its manifest with Remove-EtcdSnapshot.");
