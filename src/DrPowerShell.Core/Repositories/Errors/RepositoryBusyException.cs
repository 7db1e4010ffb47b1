using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>Another run works on the repository.</summary>
public sealed class RepositoryBusyException(Uri store, string holder, DateTimeOffset since) : RecoveryException(
    FailureKind.Busy,
    store,
    $"{store} is in use by {holder} since {since:u}.",
    "Wait until it has ended; a run that died lets go after a few minutes by itself.")
{
    public string Holder { get; } = holder;
}
