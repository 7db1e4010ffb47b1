using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Sandboxes.Errors;

/// <summary>The etcd program cannot be run, or is something else.</summary>
public sealed class EtcdBinaryNotUsableException(string path, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.NotInstalled,
    path,
    $"'{path}' cannot be used as etcd: {reason}.",
    "Give the path of an etcd of version 3.4 or newer, built for this machine, with -EtcdPath.",
    inner);
