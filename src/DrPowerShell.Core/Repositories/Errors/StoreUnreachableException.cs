using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>Nothing answers at the store's address.</summary>
public sealed class StoreUnreachableException(Uri store, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.Unreachable,
    store,
    $"{store} cannot be reached: {reason}",
    "Check the address, the port, the firewall and DNS.", inner);
