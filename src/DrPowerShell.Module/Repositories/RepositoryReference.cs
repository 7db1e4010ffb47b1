using DrPowerShell.Core.Repositories;

namespace DrPowerShell.Module.Repositories;

/// <summary>A repository as <c>-Repository</c> takes it: a name from the estate, a URI, a folder's path, or what Get-SnapshotRepository returned.</summary>
public sealed class RepositoryReference
{
    /// <summary>A name from the estate, a URI (s3://…, sftp://…, file:///…), or the path of a folder that begins with /, ~, . or a drive.</summary>
    public RepositoryReference(string text) => Text = text;

    /// <summary>A repository that Get-SnapshotRepository returned: its name, in the estate that it came from.</summary>
    public RepositoryReference(SnapshotRepositoryInfo repository)
    {
        Text = repository.Name;
        Estate = repository.Estate;
    }

    /// <summary>A folder.</summary>
    public RepositoryReference(DirectoryInfo folder) => Text = folder.FullName;

    /// <summary>The name, URI or path.</summary>
    public string Text { get; }

    /// <summary>The estate file that the name comes from; null for the one that the command uses.</summary>
    public string? Estate { get; }

    /// <summary>Whether it is a URI.</summary>
    internal bool IsUri => Estate is null && Text.Contains("://", StringComparison.Ordinal);

    /// <summary>Whether it is a folder's path, relative ones to the session's location.</summary>
    internal bool IsPath => Estate is null && !IsUri && (System.IO.Path.IsPathFullyQualified(Text)
        || Text is ['/' or '\\' or '~' or '.', ..] || Text.Contains('/', StringComparison.Ordinal) || Text.Contains('\\', StringComparison.Ordinal));

    /// <inheritdoc/>
    public override string ToString() => Text;
}
