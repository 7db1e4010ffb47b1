using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Locking;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Core.Repositories.Streams;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Core.Repositories;

/// <summary>
/// One backup on its way into a repository: its mark while it is under way, its objects, and at the very end its manifest, with which it begins
/// to exist.
/// </summary>
/// <remarks>Disposed before <see cref="PublishAsync"/> has returned it takes its objects away again, where the store lets it.</remarks>
internal sealed class BackupWriter : IAsyncDisposable
{
    private readonly SnapshotRepository _repository;
    private readonly TimeProvider _time;
    private readonly PendingMark _mark;
    private readonly List<string> _objects = [];
    private readonly BlobRetention? _retention;
    private WrappedUpload? _upload;
    private bool _isPublished;

    private BackupWriter(SnapshotRepository repository, BackupId id, TimeProvider time, PendingMark mark)
    {
        (_repository, Id, _time, _mark) = (repository, id, time, mark);
        _retention = repository.Options.Lock is { } policy ? new(policy.Mode, WholeSeconds(time.GetUtcNow().AddDays(policy.Days))) : null;
    }

    public BackupId Id { get; }

    /// <summary>The plain bytes of the snapshot taken so far.</summary>
    public long Length => _upload?.Length ?? 0;

    /// <summary>Marks a new backup as under way.</summary>
    public static async Task<BackupWriter> BeginAsync(SnapshotRepository repository, string cluster, TimeProvider time, CancellationToken cancellationToken)
    {
        var id = BackupId.New(cluster, time.GetUtcNow());
        return new(repository, id, time, await PendingMark.SetAsync(repository.Store, id, time, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Begins the snapshot's object, anew where a stream broke.</summary>
    /// <param name="knowsHash">Whether the caller hashes the plain bytes itself.</param>
    /// <param name="mayReread">Whether <see cref="Reread"/> will be called.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task RestartAsync(bool knowsHash, bool mayReread, CancellationToken cancellationToken)
    {
        if (_upload is { } broken)
        {
            _upload = null;
            await broken.DisposeAsync().ConfigureAwait(false);
        }

        var options = _repository.Options;
        var name = BackupNames.Snapshot(Id, options.CompressionLevel > 0, !options.Encryption.IsNone);
        _upload = await WrappedUpload.BeginAsync(_repository, name, new() { OnlyIfAbsent = true, Retention = _retention }, cancellationToken, knowsHash, mayReread).ConfigureAwait(false);
    }

    /// <summary>Takes the next plain bytes of the snapshot.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => _upload!.WriteAsync(bytes, cancellationToken);

    /// <summary>Ends the snapshot's stream; its object does not appear yet.</summary>
    /// <param name="plainSha256">The hash of its plain bytes, where the caller has computed it (see <see cref="RestartAsync"/>).</param>
    public Task<WrappedSizes> FinishAsync(string? plainSha256 = null) => _upload!.FinishAsync(plainSha256);

    /// <summary>Makes the snapshot's object appear.</summary>
    public async Task PublishSnapshotAsync(CancellationToken cancellationToken)
    {
        _objects.Add(_upload!.Name);
        await _upload.PublishAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The plain bytes of the snapshot again, at random, out of the object that the store holds.</summary>
    public IByteSource Reread(long size, CancellationToken cancellationToken) => _upload!.Reread(_repository.Store, size, cancellationToken);

    /// <summary>Stores the files beside etcd as one archive.</summary>
    public async Task<ManifestFiles> StoreFilesAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var options = _repository.Options;
        var name = BackupNames.Files(Id, options.CompressionLevel > 0, !options.Encryption.IsNone);
        var upload = await WrappedUpload.BeginAsync(_repository, name, new() { OnlyIfAbsent = true, Retention = _retention }, cancellationToken).ConfigureAwait(false);
        await using var end = upload.ConfigureAwait(false);
        var held = await FilesArchive.WriteAsync(paths, upload.WriteAsync, cancellationToken).ConfigureAwait(false);
        var sizes = await upload.FinishAsync().ConfigureAwait(false);
        _objects.Add(name);
        await upload.PublishAsync(cancellationToken).ConfigureAwait(false);
        return new ManifestFiles(name, sizes.Object.Size, sizes.Object.Sha256, held);
    }

    /// <summary>Writes the manifest, signed where there is a key. From here on the backup exists.</summary>
    public async Task<StoredBackup> PublishAsync(BackupManifest manifest, CancellationToken cancellationToken)
    {
        manifest = manifest with
        {
            Retention = _retention is null ? null : new ManifestRetention(_retention.Mode.ToString(), _retention.Until),
            Completed = WholeSeconds(_time.GetUtcNow()),
        };
        var file = SignedJson.Write(manifest, _repository.Options.Signer);
        var (read, state) = SignedJson.ReadManifest(file, _repository.Options.Trust);
        await _repository.Store.PutAsync(BackupNames.Manifest(Id), file, new() { OnlyIfAbsent = true, Retention = _retention }, cancellationToken).ConfigureAwait(false);
        _isPublished = true;
        return new StoredBackup(Id, read, state);
    }

    public async ValueTask DisposeAsync()
    {
        if (_upload is not null)
        {
            await _upload.DisposeAsync().ConfigureAwait(false);
        }

        try
        {
            // A manifest whose put failed at the very end may be there all the same: then its objects must stay.
            if (!_isPublished && _objects.Count > 0 && await _repository.Store.FindAsync(BackupNames.Manifest(Id), CancellationToken.None).ConfigureAwait(false) is null)
            {
                foreach (var name in _objects)
                {
                    await _repository.Store.DeleteAsync(name, CancellationToken.None).ConfigureAwait(false);
                }
            }
        }
        catch (RecoveryException)
        {
            // What stays is collected once its mark has expired; the error that brought us here is the one to tell.
        }

        await _mark.DisposeAsync().ConfigureAwait(false);
    }

    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
}
