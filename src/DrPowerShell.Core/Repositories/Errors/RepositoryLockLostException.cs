using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A run's lock in a repository could not be renewed, so it stopped before another run could begin.</summary>
public sealed class RepositoryLockLostException(Uri store) : RecoveryException(
    FailureKind.InvalidState,
    store,
    $"The lock in {store} was lost: it could not be renewed for four minutes, or another run took it over. Nothing more was done.",
    "Look at the network and the store, and run it again; it goes on where it stopped.");
