using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>There is a file where a new key was to be written.</summary>
public sealed class EncryptionKeyFileExistsException(string path) : RecoveryException(
    FailureKind.AlreadyExists,
    path,
    $"{path} exists: a key is never overwritten, because every backup encrypted to it would be lost with it.",
    "Choose another name.");
