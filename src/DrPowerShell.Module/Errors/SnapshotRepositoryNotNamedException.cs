using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>A backup lies in a repository that the estate does not name: a run, and whoever resumes it, could not open it.</summary>
public sealed class SnapshotRepositoryNotNamedException(string backup, Uri repository, string estate) : RecoveryException(
    FailureKind.InvalidInput,
    backup,
    $"{backup} lies in {repository}, which {estate} does not name.",
    "Name it in the estate (repositories), or make a file of the backup first: Export-EtcdSnapshot.");
