using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A text or file holds no age identity; the message never shows it.</summary>
public sealed class EncryptionIdentityNotValidException(string source, string reason) : RecoveryException(
    FailureKind.InvalidInput,
    source,
    $"The identity in {source} is not valid: {reason}",
    "Identities begin with AGE-SECRET-KEY-1 and stand in files of age-keygen or New-SnapshotEncryptionKey.")
{
    /// <summary>What is wrong with it.</summary>
    public string Reason { get; } = reason;
}
