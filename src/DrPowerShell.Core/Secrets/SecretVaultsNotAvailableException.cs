using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Secrets;

/// <summary>A secret is in a vault of SecretManagement, which is not here.</summary>
public sealed class SecretVaultsNotAvailableException(SecretReference reference, string reason) : RecoveryException(
    FailureKind.NotInstalled,
    reference.ToString(),
    $"'{reference}' is in a vault, and no vault can be asked: {reason}",
    "Install-PSResource Microsoft.PowerShell.SecretManagement and the vault's own module, and register the vault; or keep the secret elsewhere (env:NAME, file:PATH).");
