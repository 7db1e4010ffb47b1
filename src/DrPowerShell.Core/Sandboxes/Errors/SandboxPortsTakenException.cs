using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Sandboxes.Errors;

/// <summary>Ports that were free a moment before were taken when etcd wanted them.</summary>
public sealed class SandboxPortsTakenException(string sandbox) : RecoveryException(
    FailureKind.Busy,
    sandbox,
    "Loopback ports that were free a moment before were taken when etcd wanted them, several times in a row.",
    "Start the sandbox again.");
