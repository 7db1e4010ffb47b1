using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A plain backup was to be copied into a repository that keeps encrypted ones.</summary>
public sealed class CopyNotEncryptedException(string id, string destination) : RecoveryException(
    FailureKind.Security,
    id,
    $"The backup {id} is not encrypted, and '{destination}' keeps encrypted ones: a copy is stored as it is, so every secret of the cluster would lie there open.",
    "Export it and import it into that repository (Export-EtcdSnapshot, Import-EtcdSnapshot), which encrypts it, or say -Force.");
