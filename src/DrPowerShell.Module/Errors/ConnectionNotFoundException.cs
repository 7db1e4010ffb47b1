using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>No open connection has the name.</summary>
public sealed class ConnectionNotFoundException(string name, IReadOnlyList<string> open) : RecoveryException(
    FailureKind.NotFound,
    name,
    open.Count == 0 ? $"No connection is open, so none is named '{name}'." : $"No open connection is named '{name}'. Open: {string.Join(", ", open)}.",
    $"Open it with Connect-EtcdCluster -Name {name} -Endpoint …, or name an open one.");
