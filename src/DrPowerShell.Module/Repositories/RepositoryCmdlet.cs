using System.Management.Automation;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Repositories;

/// <summary>The base of cmdlets that work on a repository: which one, and the estate that names it.</summary>
public abstract class RepositoryCmdlet : DrCmdlet
{
    private EstateSession? _session;

    /// <summary>
    /// The repository: a name from the estate, a URI such as s3://bucket/prefix, sftp://user@host/folder or file:///folder, the path of a folder
    /// (begin it with ./ or /), or what Get-SnapshotRepository returned.
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(RepositoryNameCompleter))]
    [ValidateNotNull]
    public virtual RepositoryReference? Repository { get; set; }

    /// <summary>The estate file. Without it $env:DRPOWERSHELL_ESTATE, else estate.yaml in the user's configuration folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public virtual string? Estate { get; set; }

    /// <summary>The estate, and what its names stand for.</summary>
    internal EstateSession Session => _session ??= new EstateSession(this, Estate);

    /// <summary>The repository that -Repository names, with its secrets read. Pipeline thread only.</summary>
    protected RepositoryOptions ResolveRepository() => Session.Repository(Repository!);

    /// <summary>A repository as a later command finds it, wherever the session is then. Pipeline thread only.</summary>
    internal string Where(RepositoryReference repository) => repository.IsPath ? ResolveDestination(repository.Text) : repository.Text;

    /// <summary>What opens its encrypted backups, as far as the estate refers to it. Pipeline thread only.</summary>
    protected DecryptionKeys ResolveKeys() => Session.Keys(Repository!);
}
