using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A store accepted a lock and does not keep it.</summary>
public sealed class LockNotHonouredException(Uri store, string name, string reason) : RecoveryException(
    FailureKind.InvalidState,
    store,
    $"{store} was asked to lock '{name}' and did not: {reason}",
    "Use a bucket that was created with Object Lock on a server that supports it, or take 'lock:' out of the repository's entry.");
