using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A repository has no such backup.</summary>
public sealed class BackupNotFoundException(string id, Uri store) : RecoveryException(
    FailureKind.NotFound,
    id,
    $"There is no backup '{id}' in {store}.",
    "Get-EtcdSnapshot -Repository lists what is there.");
