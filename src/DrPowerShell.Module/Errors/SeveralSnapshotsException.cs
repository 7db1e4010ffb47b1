using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>Several snapshots are named where one is wanted.</summary>
public sealed class SeveralSnapshotsException : RecoveryException
{
    /// <summary>A path that names several.</summary>
    public SeveralSnapshotsException(string path)
        : base(FailureKind.InvalidInput, path, $"'{path}' names several files; one snapshot is wanted.", "Name the one, or use -LiteralPath where the name holds a wildcard character.")
    {
    }

    /// <summary>Two that came down the pipeline.</summary>
    public SeveralSnapshotsException(string first, string second)
        : base(FailureKind.InvalidInput, second, $"'{first}' and '{second}' came down the pipeline; one snapshot is wanted.", "Choose the one, such as with Get-EtcdSnapshot -Latest.")
    {
    }
}
