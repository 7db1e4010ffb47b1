using System.Runtime.CompilerServices;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Locking;

namespace DrPowerShell.Core.Repositories.Collecting;

/// <summary>
/// Removes what backups that died have left: unfinished uploads, objects without manifest, marks. Names that are not ours, locked objects, and
/// whatever was written or renewed less than <see cref="RepositoryOptions.UnfinishedAfter"/> ago are left alone.
/// </summary>
public sealed class RepositoryCollector(SnapshotRepository repository)
{
    private IBlobStore Store => repository.Store;

    /// <summary>What would be collected.</summary>
    /// <param name="now">The time by the store's own clock; see <see cref="RepositoryLock.StoreTime"/>.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async IAsyncEnumerable<CollectedObject> FindAsync(DateTimeOffset now, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var before = now - repository.Options.UnfinishedAfter;
        var groups = new Dictionary<BackupId, Group>();

        // The uploads first: one that is completed while the names are listed is then among them.
        await foreach (var upload in Store.ListUnfinishedAsync("", cancellationToken).ConfigureAwait(false))
        {
            var (kind, id) = BackupNames.Read(upload.Name);
            if (kind is not (BackupObjectKind.Foreign or BackupObjectKind.Lock or BackupObjectKind.Request or BackupObjectKind.Run))
            {
                GroupOf(id).Add(upload);
            }
            else if (LockName.IsMark(upload.Name) && upload.Started < before)
            {
                yield return new(upload.Name, LeftoverKind.UnfinishedUpload, Backup: null, Size: 0, upload.Started) { Upload = upload };
            }
        }

        await foreach (var blob in Store.ListAsync("", cancellationToken).ConfigureAwait(false))
        {
            var (kind, id) = BackupNames.Read(blob.Name);
            if (kind is not (BackupObjectKind.Foreign or BackupObjectKind.Lock or BackupObjectKind.Request or BackupObjectKind.Run))
            {
                GroupOf(id).Add(kind, blob);
            }
            else if (LockName.IsMark(blob.Name) && blob.Modified < before)
            {
                yield return new(blob.Name, LeftoverKind.Mark, Backup: null, blob.Size, blob.Modified);
            }
        }

        foreach (var (id, group) in groups)
        {
            foreach (var leftover in group.Leftovers(id, before))
            {
                yield return leftover;
            }
        }

        Group GroupOf(BackupId id) => groups.TryGetValue(id, out var group) ? group : groups[id] = new();
    }

    /// <summary>Collects one leftover, unless it is locked or came to life since it was found.</summary>
    /// <returns>Whether it is gone.</returns>
    public async Task<bool> CollectAsync(CollectedObject leftover, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (leftover.Backup is { } id && !await IsStillDeadAsync(id, leftover, now - repository.Options.UnfinishedAfter, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        if (leftover.Upload is { } upload)
        {
            await Store.AbortAsync(upload, cancellationToken).ConfigureAwait(false);
            return true;
        }

        // A versioned bucket would hide a locked object behind a delete marker and say that it is gone.
        var retention = await Store.GetRetentionAsync(leftover.Name, cancellationToken).ConfigureAwait(false);
        if (retention is { } locked && locked.Until > now)
        {
            return false;
        }

        try
        {
            await Store.DeleteAsync(leftover.Name, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (BlobLockedException)
        {
            return false;
        }
    }

    private async Task<bool> IsStillDeadAsync(BackupId id, CollectedObject leftover, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var mark = await Store.FindAsync(BackupNames.Pending(id), cancellationToken).ConfigureAwait(false);
        return mark is not { } renewed || renewed.Modified < before
            ? leftover.Kind != LeftoverKind.Orphan || await Store.FindAsync(BackupNames.Manifest(id), cancellationToken).ConfigureAwait(false) is null
            : false;
    }

    /// <summary>What there is of one backup.</summary>
    private sealed class Group
    {
        private readonly List<BlobInfo> _objects = [];
        private readonly List<UnfinishedUpload> _uploads = [];
        private BlobInfo? _mark;
        private bool _hasManifest;
        private DateTimeOffset _newest;

        public void Add(UnfinishedUpload upload)
        {
            _uploads.Add(upload);
            See(upload.Started);
        }

        public void Add(BackupObjectKind kind, BlobInfo blob)
        {
            See(blob.Modified);
            switch (kind)
            {
                case BackupObjectKind.Manifest:
                    _hasManifest = true;
                    break;
                case BackupObjectKind.Pending:
                    _mark = blob;
                    break;
                default:
                    _objects.Add(blob);
                    break;
            }
        }

        // A live mark keeps everything of its backup; so does any part of it that was written lately. The mark goes last: what is interrupted
        // here is told from a finished backup by it.
        public IEnumerable<CollectedObject> Leftovers(BackupId id, DateTimeOffset before)
        {
            if (_mark is { } renewed && renewed.Modified >= before)
            {
                yield break;
            }

            foreach (var upload in _uploads.Where(upload => (_hasManifest ? upload.Started : _newest) < before))
            {
                yield return new(upload.Name, LeftoverKind.UnfinishedUpload, id, Size: 0, upload.Started) { Upload = upload };
            }

            if (!_hasManifest && _newest < before)
            {
                foreach (var blob in _objects.OrderBy(blob => BackupNames.Read(blob.Name).Kind == BackupObjectKind.Proof))
                {
                    yield return new(blob.Name, LeftoverKind.Orphan, id, blob.Size, _newest);
                }
            }

            if (_mark is { } mark && (_hasManifest || _newest < before))
            {
                yield return new(mark.Name, LeftoverKind.Mark, id, mark.Size, mark.Modified);
            }
        }

        private void See(DateTimeOffset time) => _newest = time > _newest ? time : _newest;
    }
}
