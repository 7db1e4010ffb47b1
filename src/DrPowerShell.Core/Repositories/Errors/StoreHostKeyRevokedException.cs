using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>An SSH server shows a key that known_hosts marks as revoked.</summary>
public sealed class StoreHostKeyRevokedException(Uri store, string host, string fingerprint, string file) : RecoveryException(
    FailureKind.Security,
    host,
    $"The host key of {host} ({fingerprint}) is marked as revoked in {file}.",
    "Do not use this server: its key is known to others.")
{
    public Uri Store { get; } = store;

    public string Fingerprint { get; } = fingerprint;
}
