using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>No credentials for a store were found.</summary>
public sealed class StoreCredentialsMissingException(Uri store, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.Authentication,
    store,
    $"There are no credentials for {store}: {reason}",
    "Name them in the estate, or give the machine a profile, a role or environment variables for it.", inner);
