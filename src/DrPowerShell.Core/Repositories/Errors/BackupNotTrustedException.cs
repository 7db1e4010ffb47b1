using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A backup is not signed by a key that the estate trusts.</summary>
public sealed class BackupNotTrustedException(string id, string reason) : RecoveryException(
    FailureKind.Security,
    id,
    $"The backup {id} is not trusted: {reason}",
    "Use another backup, or find out who wrote this one; the estate's trust: names the keys that may sign.");
