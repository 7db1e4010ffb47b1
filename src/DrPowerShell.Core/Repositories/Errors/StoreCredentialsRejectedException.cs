using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A store rejects the credentials.</summary>
public sealed class StoreCredentialsRejectedException(Uri store, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.Authentication,
    store,
    $"{store} does not accept these credentials: {reason}",
    "Check the user or access key and its secret; they may have been rotated.", inner);
