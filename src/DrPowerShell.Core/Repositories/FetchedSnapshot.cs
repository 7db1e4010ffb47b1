using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Core.Repositories;

/// <summary>The plain file of a stored backup, for as long as it is needed: fetched, unwrapped and checked, in a folder for this user alone.</summary>
public sealed class FetchedSnapshot : IDisposable
{
    private readonly SnapshotSpool _spool;

    private FetchedSnapshot(SnapshotSpool spool, string path) => (_spool, Path) = (spool, path);

    /// <summary>The file; it goes with this object.</summary>
    public string Path { get; }

    /// <summary>Fetches a stored backup.</summary>
    /// <param name="snapshot">What Get-EtcdSnapshot or Backup-EtcdSnapshot returned for a repository.</param>
    /// <param name="keys">What may open it.</param>
    /// <param name="spoolDirectory">Where the file is put; null for the machine's folder for temporary files.</param>
    /// <param name="progress">Is told the stored bytes read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="BackupNotTrustedException">The repository names whom it trusts, and none of them signed this backup.</exception>
    public static async Task<FetchedSnapshot> FetchAsync(
        EtcdSnapshot snapshot, DecryptionKeys keys, string? spoolDirectory, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var repository = await SnapshotRepository.OpenAsync(snapshot.StoredIn!, cancellationToken).ConfigureAwait(false);
        await using var end = repository.ConfigureAwait(false);
        // Asked again: what the object from the pipeline says may be old.
        var stored = await repository.GetAsync(BackupId.Parse(snapshot.Name), cancellationToken).ConfigureAwait(false);
        var reader = new StoredSnapshotReader(repository, stored);
        reader.RequireTrust();
        var spool = SnapshotSpool.Create(spoolDirectory, stored.Manifest.Plain.Size);
        try
        {
            var path = spool[stored.Manifest.Id + ".db"];
            await reader.SaveAsync(path, keys, progress, cancellationToken).ConfigureAwait(false);
            return new(spool, path);
        }
        catch
        {
            spool.Dispose();
            throw;
        }
    }

    public void Dispose() => _spool.Dispose();
}
