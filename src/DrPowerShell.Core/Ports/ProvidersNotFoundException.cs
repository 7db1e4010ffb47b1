using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Ports;

/// <summary>The assembly that reaches the outside world is not in the module's folder.</summary>
public sealed class ProvidersNotFoundException(string path) : RecoveryException(
    FailureKind.NotInstalled,
    path,
    $"The module's part that speaks to etcd was not found: '{path}' is missing or not whole.",
    "Install the module DrPowerShell again; copy its folder as a whole, with the folder 'providers' in it.");
