using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A backup was to be copied into the repository that it is in.</summary>
public sealed class SameRepositoryException(Uri store) : RecoveryException(
    FailureKind.InvalidInput,
    store,
    $"Source and destination are the same repository: {store}.",
    "Name another destination; a copy in the same place is none.");
