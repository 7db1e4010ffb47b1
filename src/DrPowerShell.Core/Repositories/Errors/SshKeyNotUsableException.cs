using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>An SSH key or certificate file cannot be used.</summary>
public sealed class SshKeyNotUsableException(string path, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.InvalidData,
    path,
    $"The SSH key '{path}' cannot be used: {reason}",
    "Give a private key in OpenSSH or PEM format, and its passphrase where it has one.", inner);
