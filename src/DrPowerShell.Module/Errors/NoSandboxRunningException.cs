using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>No sandbox was named, and none runs.</summary>
public sealed class NoSandboxRunningException() : RecoveryException(
    FailureKind.NotFound,
    null,
    "No sandbox runs in this session.",
    "Start one with Start-EtcdSandbox; a sandbox of another session ends with that session.");
