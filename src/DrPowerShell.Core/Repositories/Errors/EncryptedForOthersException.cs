using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>None of the keys given opens an encrypted object.</summary>
public sealed class EncryptedForOthersException(string name, IReadOnlyCollection<string> recipients, string reason) : RecoveryException(
    FailureKind.Security,
    name,
    $"'{name}' cannot be opened: {reason}{(recipients.Count == 0 ? "" : " It is encrypted to " + string.Join(", ", recipients) + ".")}",
    "Give the identity of one of its recipients with -Identity, or the passphrase.")
{
    public IReadOnlyCollection<string> Recipients { get; } = recipients;
}
