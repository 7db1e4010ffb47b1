using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A store refuses requests because this machine's clock is off.</summary>
public sealed class StoreClockSkewedException(Uri store, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.InvalidState,
    store,
    $"{store} refuses requests of this machine, because the clocks differ: {reason}",
    "Set this machine's clock (timedatectl, chrony); S3 allows 15 minutes.", inner);
