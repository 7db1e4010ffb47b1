using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A text is no age recipient.</summary>
public sealed class EncryptionRecipientNotValidException(string recipient, string reason) : RecoveryException(
    FailureKind.InvalidInput,
    recipient,
    $"'{recipient}' is no recipient: {reason}",
    "Recipients are public and begin with age1; New-SnapshotEncryptionKey or age-keygen makes a pair.");
