using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>The TLS certificate of a store is not trusted.</summary>
public sealed class StoreCertificateNotTrustedException(Uri store, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.Security,
    store,
    $"The certificate of {store} is not trusted: {reason}",
    "Name the authority that signed it (caCertificate, a PEM file), after you have checked that this is your server.", inner);
