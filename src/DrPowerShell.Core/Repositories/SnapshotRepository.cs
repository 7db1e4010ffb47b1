using System.Runtime.CompilerServices;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Manifests;

namespace DrPowerShell.Core.Repositories;

/// <summary>An open repository: backups by their manifests. A backup exists if and only if its manifest does.</summary>
public sealed class SnapshotRepository : IAsyncDisposable
{
    private const int ReadAhead = 16;

    private SnapshotRepository(RepositoryOptions options, IBlobStore store) => (Options, Store) = (options, store);

    public RepositoryOptions Options { get; }

    public IBlobStore Store { get; }

    /// <summary>Opens the store that the options' URI names.</summary>
    /// <exception cref="RepositoryUriNotValidException">Its scheme is none of file, s3 and sftp.</exception>
    public static async Task<SnapshotRepository> OpenAsync(RepositoryOptions options, CancellationToken cancellationToken)
    {
        var store = options.Uri.Scheme switch
        {
            "file" => FolderBlobStore.Open(options.Uri),
            "s3" => await ProviderLoader.Catalog.S3.OpenAsync(options, cancellationToken).ConfigureAwait(false),
            "sftp" => await ProviderLoader.Catalog.Sftp.OpenAsync(options, cancellationToken).ConfigureAwait(false),
            _ => throw new RepositoryUriNotValidException(options.Uri.ToString(), $"'{options.Uri.Scheme}' is none of file, s3 and sftp."),
        };
        return new(options, store);
    }

    /// <summary>Opens a repository over a store that is open already.</summary>
    public static SnapshotRepository Over(RepositoryOptions options, IBlobStore store) => new(options, store);

    /// <summary>
    /// The backups by cluster and time, oldest first, their manifests read side by side while the names still come, where the store gives those
    /// in order: the first one is there at once, however many follow. Without the names of proofs.
    /// </summary>
    /// <param name="filter">Which ones.</param>
    /// <param name="damaged">Is told a manifest that cannot be read; it does not end the listing.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public IAsyncEnumerable<StoredBackup> StreamAsync(BackupFilter filter, IProgress<ManifestNotValidException>? damaged, CancellationToken cancellationToken) =>
        ReadAsync(IdsAsync(filter, cancellationToken), damaged, cancellationToken);

    /// <summary>
    /// The backups, newest first, with the names of their proofs; all names are read before the first one comes. A manifest that cannot be read
    /// does not end the listing: it is given to <paramref name="damaged"/>.
    /// </summary>
    public async IAsyncEnumerable<StoredBackup> ListAsync(
        BackupFilter filter, IProgress<ManifestNotValidException>? damaged, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var proofs = new Dictionary<BackupId, List<string>>();
        var ids = new List<BackupId>();
        await foreach (var blob in Store.ListAsync(PrefixOf(filter), cancellationToken).ConfigureAwait(false))
        {
            var (kind, id) = BackupNames.Read(blob.Name);
            if (kind == BackupObjectKind.Proof)
            {
                (proofs.TryGetValue(id, out var names) ? names : proofs[id] = []).Add(blob.Name);
            }
            else if (kind == BackupObjectKind.Manifest && filter.Includes(id))
            {
                ids.Add(id);
            }
        }

        ids.Sort((a, b) => a.Time != b.Time ? b.Time.CompareTo(a.Time) : string.CompareOrdinal(a.ToString(), b.ToString()));
        await foreach (var backup in ReadAsync(Each(ids), damaged, cancellationToken).ConfigureAwait(false))
        {
            yield return proofs.TryGetValue(backup.Id, out var names) ? backup with { ProofNames = [.. names.Order(StringComparer.Ordinal)] } : backup;
        }
    }

    /// <summary>Reads one backup's manifest.</summary>
    /// <exception cref="BackupNotFoundException">There is none.</exception>
    /// <exception cref="ManifestNotValidException">It cannot be read.</exception>
    public async Task<StoredBackup> GetAsync(BackupId id, CancellationToken cancellationToken)
    {
        byte[] file;
        try
        {
            file = await Store.ReadAllAsync(BackupNames.Manifest(id), cancellationToken).ConfigureAwait(false);
        }
        catch (BlobNotFoundException)
        {
            throw new BackupNotFoundException(id.ToString(), Store.Location);
        }

        return Read(id, file);
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();

    private async IAsyncEnumerable<BackupId> IdsAsync(BackupFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var all = new List<BackupId>();
        await foreach (var blob in Store.ListAsync(PrefixOf(filter), cancellationToken).ConfigureAwait(false))
        {
            var (kind, id) = BackupNames.Read(blob.Name);
            if (kind != BackupObjectKind.Manifest || !filter.Includes(id))
            {
                continue;
            }

            if (Store.ListsInOrder)
            {
                yield return id;
            }
            else
            {
                all.Add(id);
            }
        }

        foreach (var id in all.OrderBy(i => i.Cluster, StringComparer.Ordinal).ThenBy(i => i.ToString(), StringComparer.Ordinal))
        {
            yield return id;
        }
    }

    private async IAsyncEnumerable<StoredBackup> ReadAsync(
        IAsyncEnumerable<BackupId> ids, IProgress<ManifestNotValidException>? damaged, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reading = new Queue<Task<StoredBackup?>>();
        try
        {
            await foreach (var id in ids.ConfigureAwait(false))
            {
                reading.Enqueue(TryReadAsync(id, damaged, cancellationToken));
                while (reading.Count >= ReadAhead || (reading.Count > 0 && reading.Peek().IsCompleted))
                {
                    if (await reading.Dequeue().ConfigureAwait(false) is { } backup)
                    {
                        yield return backup;
                    }
                }
            }

            while (reading.Count > 0)
            {
                if (await reading.Dequeue().ConfigureAwait(false) is { } backup)
                {
                    yield return backup;
                }
            }
        }
        finally
        {
            // Whoever wanted no more closes the store next: nothing may still read from it.
            await ((Task)Task.WhenAll(reading)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async IAsyncEnumerable<BackupId> Each(IEnumerable<BackupId> ids)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var id in ids)
        {
            yield return id;
        }
    }

    private static string PrefixOf(BackupFilter filter) => filter.Cluster is null ? "" : BackupId.FolderOf(filter.Cluster) + "/";

    private async Task<StoredBackup?> TryReadAsync(BackupId id, IProgress<ManifestNotValidException>? damaged, CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync(id, cancellationToken).ConfigureAwait(false);
        }
        catch (BackupNotFoundException)
        {
            return null; // removed since it was listed
        }
        catch (ManifestNotValidException e)
        {
            damaged?.Report(e);
            return null;
        }
    }

    private StoredBackup Read(BackupId id, byte[] file)
    {
        var name = BackupNames.Manifest(id);
        try
        {
            var (manifest, state) = SignedJson.ReadManifest(file, Options.Trust);
            // A manifest under another backup's name would lend it that one's good name.
            return manifest.Id == id.ToString() ? new(id, manifest, state) : throw new FormatException($"it is the one of {manifest.Id}.");
        }
        catch (FormatException e)
        {
            throw new ManifestNotValidException(name, Store.Location, e.Message, e);
        }
    }
}
