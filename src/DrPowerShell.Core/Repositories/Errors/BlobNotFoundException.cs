using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A store has no such object.</summary>
public sealed class BlobNotFoundException(Uri store, string name) : RecoveryException(
    FailureKind.NotFound,
    name,
    $"There is no object '{name}' in {store}.",
    "Test-SnapshotRepository tells what is missing and where another copy is.");
