using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>A running sandbox has the name already.</summary>
public sealed class SandboxNameInUseException(string name) : RecoveryException(
    FailureKind.AlreadyExists,
    name,
    $"A sandbox named '{name}' runs in this session already.",
    $"Choose another -Name, or stop that one first: Stop-EtcdSandbox {name}.");
