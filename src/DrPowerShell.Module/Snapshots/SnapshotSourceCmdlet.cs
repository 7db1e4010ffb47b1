using System.Management.Automation;
using DrPowerShell.Core.Backups;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Snapshots;

/// <summary>The base of cmdlets that take snapshot files: by path with wildcards, by literal path, or as objects from the pipeline.</summary>
/// <remarks>
/// The default set must be <see cref="ByObject"/>: the binder tries it first when it converts a piped object, and any object converts to the
/// text of a path. A piped string needs no conversion and still binds to -Path.
/// </remarks>
public abstract class SnapshotSourceCmdlet : DrCmdlet
{
    /// <summary>The parameter set of <see cref="Path"/>.</summary>
    protected const string ByPath = "Path";

    /// <summary>The parameter set of <see cref="LiteralPath"/>.</summary>
    protected const string ByLiteralPath = "LiteralPath";

    /// <summary>The parameter set of <see cref="InputObject"/>.</summary>
    protected const string ByObject = "InputObject";

    /// <summary>Snapshot files; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ByPath)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Snapshot files, taken as they are written: no character is a wildcard.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByLiteralPath)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>A snapshot from Backup-EtcdSnapshot or Get-EtcdSnapshot, a result of Test-EtcdSnapshot, or a file object.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByObject)]
    [ValidateNotNull]
    public virtual SnapshotReference? InputObject { get; set; }

    /// <summary>The backup in a repository that was piped in; null for files.</summary>
    protected EtcdSnapshot? Stored => ParameterSetName is ByPath or ByLiteralPath ? null : InputObject?.Stored;

    /// <summary>The files of the record under way, as full paths.</summary>
    /// <exception cref="SnapshotInRepositoryException">It is a backup in a repository.</exception>
    protected IReadOnlyList<string> SourceFiles() => ParameterSetName switch
    {
        ByPath => ResolveFiles(Path, literal: false),
        ByLiteralPath => ResolveFiles(LiteralPath, literal: true),
        _ when Stored is { } stored => throw new SnapshotInRepositoryException(stored.Name, MyInvocation.MyCommand.Name),
        _ => [InputObject!.Path],
    };

    /// <summary>The one file of the record under way.</summary>
    /// <exception cref="SeveralSnapshotsException">A wildcard matches several.</exception>
    protected string SourceFile() => SourceFiles() is [var only] ? only : throw new SeveralSnapshotsException(string.Join(", ", Path));

    /// <summary>Stops a pipeline behind a test that failed.</summary>
    /// <exception cref="SnapshotNotValidException">The piped result says that the snapshot is damaged.</exception>
    protected void RefuseInvalid()
    {
        if (InputObject?.TestResult is { IsValid: false } result)
        {
            throw new SnapshotNotValidException(result.Path, result.Findings);
        }
    }
}
