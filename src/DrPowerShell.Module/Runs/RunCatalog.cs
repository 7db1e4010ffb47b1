using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Module.Runs;

/// <summary>The runs of this machine and of a repository, the newest first.</summary>
/// <param name="folder">The folder of all runs of this machine.</param>
/// <param name="store">The repository; null for none.</param>
/// <param name="where">The repository as a later command finds it.</param>
internal sealed class RunCatalog(string folder, IBlobStore? store, string? where)
{
    /// <summary>The ids.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
    {
        var here = RunFolder.List(folder);
        return store is null ? here : RunFolder.NewestFirst(here.Union(await JournalReader.ListAsync(store, cancellationToken).ConfigureAwait(false), StringComparer.Ordinal));
    }

    /// <summary>A run: from the repository where it holds more of it than this machine, as when another one has gone on with it.</summary>
    /// <exception cref="Core.Journal.Errors.RunNotFoundException">There is no such run.</exception>
    /// <exception cref="Core.Journal.Errors.JournalBrokenException">Its journal is broken.</exception>
    public async Task<RecoveryRun> ReadAsync(string id, CancellationToken cancellationToken)
    {
        var here = File.Exists(RunFolder.Journal(folder, id)) || store is null ? RunSession.Read(folder, id) : null;
        if (store is null || here is { IsSealed: true } or { Result: RunResult.Running })
        {
            return here!;
        }

        var lines = await JournalReader.FetchAsync(store, id, cancellationToken).ConfigureAwait(false);
        if (here is null && lines.Count == 0)
        {
            throw new Core.Journal.Errors.RunNotFoundException(id, $"{folder} or {where}");
        }

        return here is null || lines.Count > here.JournalRecords
            ? JournalReader.Run(id, JournalReader.ToFile(lines), isBusy: false) with { Journal = BackupNames.RunFolder + id, Repository = where }
            : here;
    }
}
