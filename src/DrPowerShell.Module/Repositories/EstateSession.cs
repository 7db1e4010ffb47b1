using System.Management.Automation;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Schedules;
using DrPowerShell.Core.Secrets;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Repositories;

/// <summary>What one command takes from the estate, with the secrets that open it. Pipeline thread only: a vault is asked by a nested pipeline.</summary>
/// <param name="cmdlet">The command.</param>
/// <param name="path">Its -Estate parameter; null for the default estate.</param>
internal sealed class EstateSession(PSCmdlet cmdlet, string? path)
{
    private readonly Dictionary<string, Estate> _read = new(StringComparer.Ordinal);

    private NotedSecrets? _secrets;

    /// <summary>Knows every secret that was read, so that none is written down.</summary>
    public Redactor Redactor { get; } = new();

    /// <summary>Reads secrets: environment, files, vaults.</summary>
    public ISecretSource Secrets => _secrets ??= new NotedSecrets(new SecretReader(new VaultSecrets(cmdlet)), Redactor);

    /// <summary>The estate, read at the first call.</summary>
    /// <exception cref="DrPowerShell.Core.Configuration.Errors.EstateNotFoundException">There is none.</exception>
    public Estate Estate => Load(path);

    /// <summary>The estate; null where none was named and none lies where it is looked for.</summary>
    public Estate? EstateIfAny => path is null && SessionPaths.Named(EstateFile.Variable) is null && EstateFile.TryFind() is null ? null : Estate;

    /// <summary>A repository with all that opens it.</summary>
    /// <exception cref="DrPowerShell.Core.Repositories.Errors.RepositoryNotFoundException">The estate names no such repository.</exception>
    /// <exception cref="DrPowerShell.Core.Repositories.Errors.RepositoryUriNotValidException">The text is no URI of a repository.</exception>
    public RepositoryOptions Repository(RepositoryReference reference)
    {
        if (reference.IsUri)
        {
            return RepositoryUri.Parse(reference.Text);
        }

        return reference.IsPath
            ? RepositoryUri.Parse(SessionPaths.Destination(cmdlet, reference.Text))
            : Load(reference.Estate ?? path).Repository(reference.Text, Secrets);
    }

    /// <summary>What opens the encrypted backups of a repository, as far as the estate refers to it.</summary>
    public DecryptionKeys Keys(RepositoryReference reference) => reference.IsUri || reference.IsPath
        ? DecryptionKeys.None
        : Load(reference.Estate ?? path).DecryptionKeys(reference.Text, Secrets);

    /// <summary>What opens the encrypted backups of a repository that was resolved before, as far as the estate that names it refers to it.</summary>
    public DecryptionKeys Keys(RepositoryOptions repository) =>
        repository.Estate is { } estate ? Load(estate).DecryptionKeys(repository.Name, Secrets) : DecryptionKeys.None;

    /// <summary>A schedule of the estate.</summary>
    /// <exception cref="ScheduleNotFoundException">The estate names no such schedule.</exception>
    public BackupSchedule Schedule(string name) => Estate.Schedule(name);

    private Estate Load(string? file)
    {
        var full = (file ?? SessionPaths.Named(EstateFile.Variable)) is { } named ? SessionPaths.Destination(cmdlet, named) : null;
        if (!_read.TryGetValue(full ?? "", out var estate))
        {
            estate = EstateFile.Load(full);
            cmdlet.WriteVerbose($"The estate is {estate.Path}.");
            _read[full ?? ""] = estate;
        }

        return estate;
    }
}
