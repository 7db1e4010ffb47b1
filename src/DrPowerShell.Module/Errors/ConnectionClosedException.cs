using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>A connection object was given that has been closed.</summary>
public sealed class ConnectionClosedException(string name) : RecoveryException(
    FailureKind.InvalidState,
    name,
    $"The connection '{name}' was closed.",
    "Open it again with Connect-EtcdCluster.");
