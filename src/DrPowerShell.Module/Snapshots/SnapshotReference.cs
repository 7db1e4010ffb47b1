using DrPowerShell.Core.Backups;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Module.Snapshots;

/// <summary>A snapshot that came down the pipeline: what Backup-EtcdSnapshot and Get-EtcdSnapshot return, or the result of a test.</summary>
public sealed class SnapshotReference
{
    /// <summary>A snapshot object.</summary>
    public SnapshotReference(EtcdSnapshot snapshot)
    {
        Path = snapshot.Path;
        TestResult = snapshot.TestResult;
    }

    /// <summary>The result of a test: its snapshot, and whether it may be trusted.</summary>
    public SnapshotReference(SnapshotTestResult result)
    {
        Path = result.Path;
        TestResult = result;
    }

    /// <summary>A file: its path is taken as it is, also where it holds characters that are wildcards elsewhere.</summary>
    public SnapshotReference(FileInfo file) => Path = file.FullName;

    /// <summary>The snapshot's file.</summary>
    public string Path { get; }

    /// <summary>What was found when it was tested; null where it was not.</summary>
    public SnapshotTestResult? TestResult { get; }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
