using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A text is no backup's id.</summary>
public sealed class BackupIdNotValidException(string text) : RecoveryException(
    FailureKind.InvalidInput,
    text,
    $"'{text}' is no backup's id.",
    "Ids look like prod-20261122T140512Z-7f3a; Get-EtcdSnapshot -Repository lists them.");
