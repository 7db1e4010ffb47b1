using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Secrets;

/// <summary>A reference leads to no secret.</summary>
public sealed class SecretNotFoundException(SecretReference reference, string reason) : RecoveryException(
    FailureKind.NotFound,
    reference.ToString(),
    $"There is no secret at '{reference}': {reason}.",
    reference.Kind switch
    {
        SecretKind.Environment => $"Set the variable {reference.Name} in the environment of this process.",
        SecretKind.File => "Write the secret into that file, readable by its owner alone (chmod 600), or correct the reference in the estate.",
        _ => $"Store it: Set-Secret -Vault {reference.Vault} -Name {reference.Name}. Unlock the vault where it asks for a password.",
    });
