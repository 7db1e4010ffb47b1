using System.Runtime.CompilerServices;
using DrPowerShell.Core.Backups;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Module.Errors;

namespace DrPowerShell.Module.Snapshots;

/// <summary>A snapshot that came down the pipeline: what Backup-EtcdSnapshot and Get-EtcdSnapshot return, or the result of a test.</summary>
public sealed class SnapshotReference
{
    // A result does not say how its repository is opened, and must not: it is printed and exported.
    private static readonly ConditionalWeakTable<SnapshotTestResult, EtcdSnapshot> Tested = [];

    /// <summary>A snapshot object: a file, or a backup in a repository.</summary>
    public SnapshotReference(EtcdSnapshot snapshot)
    {
        Path = snapshot.Path;
        TestResult = snapshot.TestResult;
        Stored = snapshot.StoredIn is null ? null : snapshot;
    }

    /// <summary>The result of a test: its snapshot, and whether it may be trusted.</summary>
    public SnapshotReference(SnapshotTestResult result)
    {
        Path = result.Path;
        TestResult = result;
        if (result.Backup is not null)
        {
            Stored = Tested.TryGetValue(result, out var snapshot) ? snapshot : throw new StoredSnapshotUnknownException(result.Backup);
        }
    }

    /// <summary>A file: its path is taken as it is, also where it holds characters that are wildcards elsewhere.</summary>
    public SnapshotReference(FileInfo file) => Path = file.FullName;

    /// <summary>The snapshot's file, or the URI of the stored object.</summary>
    public string Path { get; }

    /// <summary>The backup in a repository; null for a file.</summary>
    public EtcdSnapshot? Stored { get; }

    /// <summary>What was found when it was tested; null where it was not.</summary>
    public SnapshotTestResult? TestResult { get; }

    /// <summary>Remembers which backup a result is about, so that the result can be piped on.</summary>
    internal static void Remember(SnapshotTestResult result, EtcdSnapshot snapshot) => Tested.AddOrUpdate(result, snapshot);

    /// <inheritdoc/>
    public override string ToString() => Path;
}
