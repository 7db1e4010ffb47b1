using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>An object is retained and cannot be removed.</summary>
public sealed class BlobLockedException(Uri store, string name, DateTimeOffset? until) : RecoveryException(
    FailureKind.Refused,
    name,
    $"'{name}' in {store} is locked{(until is { } time ? $" until {time:u}" : "")}: the store does not remove it.",
    "Wait until the lock ends. Governance locks can be lifted by an administrator of the store, compliance locks by nobody.")
{
    public DateTimeOffset? Until { get; } = until;
}
