using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>No cluster was named, and no connection is open that could be the default.</summary>
public sealed class NoOpenConnectionException() : RecoveryException(
    FailureKind.InvalidState,
    null,
    "No cluster was named, and no connection is open.",
    "Open one with Connect-EtcdCluster, or say -Endpoint https://etcd-1:2379.");
