using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A signing key or a public key file cannot be used.</summary>
public sealed class SigningKeyNotUsableException(string path, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.InvalidData,
    path,
    $"The signing key '{path}' cannot be used: {reason}",
    "Give an ECDSA key (P-256, P-384 or P-521) as PEM, such as openssl ecparam -name prime256v1 -genkey -noout writes.", inner);
