using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>An SSH server's key stands in no known_hosts file.</summary>
public sealed class StoreHostKeyUnknownException(Uri store, string host, string algorithm, string fingerprint) : RecoveryException(
    FailureKind.Security,
    host,
    $"The host key of {host} is not known: {algorithm} {fingerprint}.",
    "Compare the fingerprint with the server's (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then add it to known_hosts.")
{
    public Uri Store { get; } = store;

    public string Fingerprint { get; } = fingerprint;
}
