using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>A path names several snapshots where one is wanted.</summary>
public sealed class SeveralSnapshotsException(string path)
    : RecoveryException(
        FailureKind.InvalidInput,
        path,
        $"'{path}' names several files; one snapshot is wanted.",
        "Name the one, or use -LiteralPath where the name holds a wildcard character.");
