using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>A command that works on files was given a backup in a repository.</summary>
public sealed class SnapshotInRepositoryException(string backup, string command) : RecoveryException(
    FailureKind.InvalidInput,
    backup,
    $"{backup} is stored in a repository, and {command} reads files.",
    "Make a file of it first: Export-EtcdSnapshot.");
