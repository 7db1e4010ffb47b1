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

    /// <summary>Whether a path named nothing: an error of its own was written, and the others went on.</summary>
    protected bool IsSourceMissing { get; private set; }

    /// <summary>The files of the record under way, as full paths; a path that names nothing is a non-terminating error.</summary>
    /// <exception cref="SnapshotInRepositoryException">It is a backup in a repository.</exception>
    protected IReadOnlyList<string> SourceFiles()
    {
        if (GivenPaths is not { } given)
        {
            return [GivenObject];
        }

        var files = new List<string>();
        foreach (var path in given)
        {
            IsSourceMissing |= !Item(path, () => files.AddRange(ResolveFiles([path], IsLiteral)));
        }

        return files;
    }

    /// <summary>The one file of the record under way.</summary>
    /// <exception cref="SeveralSnapshotsException">A wildcard matches several.</exception>
    /// <exception cref="PathNotFoundException">The path names nothing.</exception>
    protected string SourceFile() => (GivenPaths is { } given ? ResolveFiles(given, IsLiteral) : [GivenObject]) is [var only]
        ? only
        : throw new SeveralSnapshotsException(string.Join(", ", GivenPaths!));

    /// <summary>Stops a pipeline behind a test that failed.</summary>
    /// <exception cref="SnapshotNotValidException">The piped result says that the snapshot is damaged.</exception>
    protected void RefuseInvalid()
    {
        if (InputObject?.TestResult is { IsValid: false } result)
        {
            throw new SnapshotNotValidException(result.Path, result.Findings);
        }
    }

    private bool IsLiteral => ParameterSetName == ByLiteralPath;

    private string[]? GivenPaths => ParameterSetName switch
    {
        ByPath => Path,
        ByLiteralPath => LiteralPath,
        _ => null,
    };

    private string GivenObject => Stored is { } stored ? throw new SnapshotInRepositoryException(stored.Name, MyInvocation.MyCommand.Name) : InputObject!.Path;
}
