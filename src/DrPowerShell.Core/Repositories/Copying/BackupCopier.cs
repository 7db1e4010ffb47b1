using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Locking;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Core.Repositories.Streams;

namespace DrPowerShell.Core.Repositories.Copying;

/// <summary>
/// Copies backups from one repository into another as they are stored: objects first, the manifest byte for byte (so that its signature holds)
/// and last, then the proofs.
/// </summary>
/// <remarks>
/// What arrives is held to the manifest before it appears. A copy that broke off goes on with the object it was at: those that are there whole
/// are read, not sent again. One instance copies one backup at a time.
/// </remarks>
public sealed class BackupCopier(SnapshotRepository source, SnapshotRepository destination, CopyOptions options, TimeProvider time)
{
    private readonly Dictionary<string, Dictionary<string, BlobInfo>> _held = new(StringComparer.Ordinal);

    /// <summary>Whether the destination holds a backup whole, as far as names and sizes tell. Its names are read once a cluster.</summary>
    public async Task<bool> IsThereAsync(StoredBackup backup, CancellationToken cancellationToken)
    {
        var held = await HeldAsync(backup.Id, cancellationToken).ConfigureAwait(false);
        return held.ContainsKey(BackupNames.Manifest(backup.Id))
            && Parts(backup.Manifest).All(part => held.TryGetValue(part.Name, out var there) && there.Size == part.Size)
            && backup.ProofNames.All(held.ContainsKey);
    }

    /// <summary>Copies a backup, or what is missing of it.</summary>
    /// <param name="backup">A backup of the source.</param>
    /// <param name="progress">Is told the stored bytes copied.</param>
    /// <param name="cancellationToken">Stops it; what was copied so far serves the next attempt for a day.</param>
    /// <exception cref="BackupObjectChangedException">The source's object is damaged; nothing appeared at the destination.</exception>
    /// <exception cref="BackupNotTrustedException">The source names whom it trusts, and none of them signed it.</exception>
    /// <exception cref="BackupDiffersException">The destination has another backup of this id.</exception>
    /// <exception cref="CopyNotEncryptedException">It is plain, and the destination keeps encrypted ones.</exception>
    public async Task<CopyOutcome> CopyAsync(StoredBackup backup, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        Require(backup);
        var (id, name) = (backup.Id, BackupNames.Manifest(backup.Id));
        var manifest = await ReadManifestAsync(backup, cancellationToken).ConfigureAwait(false);
        var held = await HeldAsync(id, cancellationToken).ConfigureAwait(false);
        var isListed = held.ContainsKey(name);
        if (isListed && !(await destination.Store.ReadAllAsync(name, cancellationToken).ConfigureAwait(false)).AsSpan().SequenceEqual(manifest))
        {
            throw new BackupDiffersException(id.ToString(), destination.Store.Location);
        }

        var mark = await PendingMark.SetAsync(destination.Store, id, time, cancellationToken).ConfigureAwait(false);
        await using var end = mark.ConfigureAwait(false);
        var (retention, sent, done) = (Retention(), 0, 0L);
        foreach (var part in Parts(backup.Manifest))
        {
            var offset = done;
            var reading = progress is null ? null : new Offset(progress, offset);
            if (!await IsWholeAsync(held.GetValueOrDefault(part.Name), part, isListed, cancellationToken).ConfigureAwait(false))
            {
                held[part.Name] = await SendAsync(backup, part, retention, reading, cancellationToken).ConfigureAwait(false);
                sent++;
            }

            done += part.Size;
        }

        if (!isListed)
        {
            held[name] = await PutAsync(name, manifest, retention, cancellationToken).ConfigureAwait(false);
        }

        var proofs = await CopyProofsAsync(backup, held, cancellationToken).ConfigureAwait(false);
        return isListed ? sent + proofs > 0 ? CopyOutcome.Completed : CopyOutcome.AlreadyThere : CopyOutcome.Copied;
    }

    private static IEnumerable<ManifestObject> Parts(BackupManifest manifest) =>
        manifest.Files is { } files ? [manifest.Object, new ManifestObject(files.Name, files.Size, files.Sha256)] : [manifest.Object];

    private void Require(StoredBackup backup)
    {
        if (source.Store.Location == destination.Store.Location)
        {
            throw new SameRepositoryException(source.Store.Location);
        }

        new StoredSnapshotReader(source, backup).RequireTrust();
        foreach (var part in Parts(backup.Manifest))
        {
            // A made-up manifest must not lead to writing elsewhere in the destination.
            if (BackupNames.Read(part.Name) is not { Kind: BackupObjectKind.Snapshot or BackupObjectKind.Files } read || read.Id != backup.Id)
            {
                throw new ManifestNotValidException(BackupNames.Manifest(backup.Id), source.Store.Location, $"it names '{part.Name}', which is not an object of this backup.");
            }
        }

        if (backup.Manifest.Encryption is null && !destination.Options.Encryption.IsNone && !options.AllowPlain)
        {
            throw new CopyNotEncryptedException(backup.Id.ToString(), destination.Options.Name);
        }
    }

    private async Task<byte[]> ReadManifestAsync(StoredBackup backup, CancellationToken cancellationToken)
    {
        var name = BackupNames.Manifest(backup.Id);
        try
        {
            var file = await source.Store.ReadAllAsync(name, cancellationToken).ConfigureAwait(false);
            var (manifest, state) = SignedJson.ReadManifest(file, source.Options.Trust);
            return manifest.Object == backup.Manifest.Object && state == backup.Signature ? file : throw new FormatException("it was changed since it was listed.");
        }
        catch (BlobNotFoundException)
        {
            throw new BackupNotFoundException(backup.Id.ToString(), source.Store.Location);
        }
        catch (FormatException e)
        {
            throw new ManifestNotValidException(name, source.Store.Location, e.Message, e);
        }
    }

    // What a manifest vouches for was checked when it came; what an attempt that broke off has left is read.
    private async Task<bool> IsWholeAsync(BlobInfo? there, ManifestObject part, bool isListed, CancellationToken cancellationToken)
    {
        if (there is null || there.Size != part.Size)
        {
            return false;
        }

        if (isListed && !options.ReadBack)
        {
            return true;
        }

        var found = new HashingReadStream(new ResumingReadStream(destination.Store, part.Name), expected: null, _ => new InvalidOperationException());
        await using var close = found.ConfigureAwait(false);
        return (await found.DrainAsync(cancellationToken).ConfigureAwait(false)).Sha256 == part.Sha256;
    }

    private async Task<BlobInfo> SendAsync(StoredBackup backup, ManifestObject part, BlobRetention? retention, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        // Not only where absent: one that is there is not whole.
        var upload = await destination.Store.BeginPutAsync(part.Name, new() { Length = part.Size, Retention = retention }, cancellationToken).ConfigureAwait(false);
        await using var end = upload.ConfigureAwait(false);
        var bytes = new HashingReadStream(new ResumingReadStream(source.Store, part.Name), part, reason => Changed(backup, part, source, reason), progress);
        await using var close = bytes.ConfigureAwait(false);
        try
        {
            await bytes.CopyToAsync(upload, 1 << 20, cancellationToken).ConfigureAwait(false);
            await bytes.DrainAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (BlobNotFoundException)
        {
            throw new BackupObjectMissingException(backup.Id.ToString(), part.Name, source.Store.Location);
        }

        var stored = await upload.CompleteAsync(cancellationToken).ConfigureAwait(false);
        if (stored.Size != part.Size)
        {
            throw Changed(backup, part, destination, $"{part.Size:N0} bytes were sent, and {stored.Size:N0} arrived.");
        }

        return !options.ReadBack || await IsWholeAsync(stored, part, isListed: false, cancellationToken).ConfigureAwait(false)
            ? stored
            : throw Changed(backup, part, destination, "read back, it is not what was sent.");
    }

    private static BackupObjectChangedException Changed(StoredBackup backup, ManifestObject part, SnapshotRepository where, string reason) =>
        new(backup.Id.ToString(), part.Name, where.Store.Location, reason);

    private async Task<BlobInfo> PutAsync(string name, byte[] file, BlobRetention? retention, CancellationToken cancellationToken)
    {
        try
        {
            return await destination.Store.PutAsync(name, file, new() { OnlyIfAbsent = true, Retention = retention }, cancellationToken).ConfigureAwait(false);
        }
        catch (BlobExistsException) when (name.EndsWith(BackupNames.ManifestEnding, StringComparison.Ordinal))
        {
            // Another run copied the same backup meanwhile.
            var there = await destination.Store.ReadAllAsync(name, cancellationToken).ConfigureAwait(false);
            return there.AsSpan().SequenceEqual(file) && await destination.Store.FindAsync(name, cancellationToken).ConfigureAwait(false) is { } found
                ? found
                : throw new BackupDiffersException(BackupNames.Read(name).Id.ToString(), destination.Store.Location);
        }
    }

    private async Task<int> CopyProofsAsync(StoredBackup backup, Dictionary<string, BlobInfo> held, CancellationToken cancellationToken)
    {
        var copied = 0;
        foreach (var name in backup.ProofNames.Where(name => !held.ContainsKey(name)))
        {
            try
            {
                var file = await source.Store.ReadAllAsync(name, cancellationToken).ConfigureAwait(false);
                held[name] = await destination.Store.PutAsync(name, file, new() { OnlyIfAbsent = true }, cancellationToken).ConfigureAwait(false);
                copied++;
            }
            catch (Exception e) when (e is BlobNotFoundException or BlobExistsException)
            {
                // Removed since it was listed, or copied by another run.
            }
        }

        return copied;
    }

    private BlobRetention? Retention() => destination.Options.Lock is { } policy
        ? new(policy.Mode, new DateTimeOffset(time.GetUtcNow().UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero).AddDays(policy.Days))
        : null;

    private async Task<Dictionary<string, BlobInfo>> HeldAsync(BackupId id, CancellationToken cancellationToken)
    {
        if (!_held.TryGetValue(id.Cluster, out var held))
        {
            held = new(StringComparer.Ordinal);
            await foreach (var blob in destination.Store.ListAsync(BackupNames.Folder(id), cancellationToken).ConfigureAwait(false))
            {
                held[blob.Name] = blob;
            }

            _held[id.Cluster] = held;
        }

        return held;
    }

    private sealed class Offset(IProgress<long> inner, long offset) : IProgress<long>
    {
        public void Report(long value) => inner.Report(offset + value);
    }
}
