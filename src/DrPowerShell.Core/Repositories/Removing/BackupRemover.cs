using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Core.Repositories.Removing;

/// <summary>Removes backups: the manifest first, so that a backup that is half removed is none any more, then its objects, then its proofs.</summary>
public sealed class BackupRemover(SnapshotRepository repository, TimeProvider time)
{
    private readonly Dictionary<string, List<StoredBackup>> _clusters = new(StringComparer.Ordinal);

    private IBlobStore Store => repository.Store;

    /// <summary>Says why a backup should stay: it is the newest verified one of its cluster, or the only one in the repository; null where nothing speaks for it.</summary>
    /// <remarks>The names are listed once a cluster; what this object removes is taken into account.</remarks>
    public async Task<BackupProtectedException?> FindProtectionAsync(BackupId id, CancellationToken cancellationToken)
    {
        var backups = await ListAsync(id.Cluster, cancellationToken).ConfigureAwait(false);
        var reason = backups is [var only] && only.Id == id ? $"it is the only one of {id.Cluster} in {repository.Options.Place}."
            : backups.Find(b => b.IsVerified) is { } newest && newest.Id == id ? $"it is the newest verified one of {id.Cluster}."
            : null;
        return reason is null ? null : new(id.ToString(), Store.Location, reason);
    }

    /// <summary>Removes a backup.</summary>
    /// <returns>How many bytes were freed.</returns>
    /// <exception cref="BackupNotFoundException">There is none.</exception>
    /// <exception cref="BlobLockedException">One of its objects is locked; nothing was removed.</exception>
    public async Task<long> RemoveAsync(BackupId id, CancellationToken cancellationToken)
    {
        var objects = new List<(BackupObjectKind Kind, BlobInfo Blob)>();
        await foreach (var blob in Store.ListAsync($"{BackupNames.Folder(id)}{id}", cancellationToken).ConfigureAwait(false))
        {
            var (kind, of) = BackupNames.Read(blob.Name);
            if (of == id && kind is BackupObjectKind.Manifest or BackupObjectKind.Snapshot or BackupObjectKind.Files or BackupObjectKind.Proof)
            {
                objects.Add((kind, blob));
            }
        }

        if (objects.TrueForAll(o => o.Kind != BackupObjectKind.Manifest))
        {
            throw new BackupNotFoundException(id.ToString(), Store.Location);
        }

        // Asked beforehand: a versioned bucket hides a locked object behind a delete marker instead of refusing.
        foreach (var (_, blob) in objects.Where(o => o.Kind != BackupObjectKind.Proof))
        {
            if (await Store.GetRetentionAsync(blob.Name, cancellationToken).ConfigureAwait(false) is { } locked && locked.Until > time.GetUtcNow())
            {
                throw new BlobLockedException(Store.Location, blob.Name, locked.Until);
            }
        }

        foreach (var (_, blob) in objects.OrderBy(o => Order(o.Kind)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await DeleteAsync(blob.Name, cancellationToken).ConfigureAwait(false);
        }

        if (_clusters.TryGetValue(id.Cluster, out var known))
        {
            known.RemoveAll(b => b.Id == id);
        }

        return objects.Sum(o => o.Blob.Size);
    }

    private static int Order(BackupObjectKind kind) => kind switch { BackupObjectKind.Manifest => 0, BackupObjectKind.Proof => 2, _ => 1 };

    private async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await Store.DeleteAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (BlobLockedException) when (BackupNames.Read(name).Kind == BackupObjectKind.Proof)
        {
            // A locked proof of a backup that is gone is collected when its lock has ended.
        }
    }

    private async Task<List<StoredBackup>> ListAsync(string cluster, CancellationToken cancellationToken)
    {
        if (!_clusters.TryGetValue(cluster, out var backups))
        {
            _clusters[cluster] = backups = [];
            await foreach (var backup in repository.ListAsync(new BackupFilter { Cluster = cluster }, damaged: null, cancellationToken).ConfigureAwait(false))
            {
                backups.Add(backup);
            }
        }

        return backups;
    }
}
