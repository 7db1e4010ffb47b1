using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>An SSH server shows another key than known_hosts holds.</summary>
public sealed class StoreHostKeyMismatchException(Uri store, string host, string algorithm, string fingerprint, string file) : RecoveryException(
    FailureKind.Security,
    host,
    $"The host key of {host} is not the one that {file} holds: the server shows {algorithm} {fingerprint}. Somebody may be listening in.",
    "Do not go on before you know why. Where the server was reinstalled, replace its line in known_hosts.")
{
    public Uri Store { get; } = store;

    public string Fingerprint { get; } = fingerprint;
}
