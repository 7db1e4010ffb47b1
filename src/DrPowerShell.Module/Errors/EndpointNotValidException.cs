using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>An endpoint cannot be read as a URL.</summary>
public sealed class EndpointNotValidException(string endpoint) : RecoveryException(
    FailureKind.InvalidInput,
    endpoint,
    $"'{endpoint}' is no etcd endpoint.",
    "Give a client URL such as https://etcd-1:2379; several as a PowerShell array: -Endpoint etcd-1, etcd-2, etcd-3.");
