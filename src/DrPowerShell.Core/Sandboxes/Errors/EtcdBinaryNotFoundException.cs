using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Sandboxes.Errors;

/// <summary>A sandbox runs real etcd, and no etcd program was found.</summary>
public sealed class EtcdBinaryNotFoundException(string? path) : RecoveryException(
    FailureKind.NotInstalled,
    path ?? "etcd",
    path is null ? "No etcd program is on PATH, and a sandbox runs real etcd." : $"There is no etcd program at '{path}'.",
    "Install etcd (Debian and Ubuntu: apt-get install etcd-server), or give the path of the program with -EtcdPath.");
