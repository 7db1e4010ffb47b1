using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>A command that works on stored backups was given a file.</summary>
public sealed class SnapshotNotInRepositoryException(string path, string action) : RecoveryException(
    FailureKind.InvalidInput,
    path,
    $"'{path}' is a file, and no backup in a repository.",
    action);
