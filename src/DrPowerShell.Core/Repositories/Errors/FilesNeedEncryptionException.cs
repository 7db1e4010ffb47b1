using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>Files with private keys would be stored in the clear.</summary>
public sealed class FilesNeedEncryptionException(string repository) : RecoveryException(
    FailureKind.Security,
    repository,
    $"The files beside etcd hold private keys, and '{repository}' stores backups unencrypted.",
    "Give -Recipient (New-SnapshotEncryptionKey makes a key), or -Force where the store itself may hold them in the clear.");
