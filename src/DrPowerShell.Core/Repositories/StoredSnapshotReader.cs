using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Core.Repositories.Streams;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Repositories;

/// <summary>Reads what a backup stores: fetched, decrypted and decompressed in one pass, each layer held to the manifest.</summary>
public sealed class StoredSnapshotReader(SnapshotRepository repository, StoredBackup backup)
{
    private BackupManifest Manifest => backup.Manifest;

    /// <summary>Where the snapshot's object is.</summary>
    public string Location => $"{repository.Store.Location.ToString().TrimEnd('/')}/{Manifest.Object.Name}";

    /// <summary>Throws where the repository names whom it trusts, and none of them signed this backup.</summary>
    /// <exception cref="BackupNotTrustedException">It is unsigned, signed by somebody else, or was changed.</exception>
    public void RequireTrust()
    {
        if (backup.Signature == SignatureState.Invalid || (repository.Options.Trust.IsRequired && backup.Signature != SignatureState.Trusted))
        {
            throw new BackupNotTrustedException(Manifest.Id, Describe(backup.Signature));
        }
    }

    /// <summary>Writes the plain snapshot into a file that appears when every layer was checked.</summary>
    /// <param name="path">A file that does not exist.</param>
    /// <param name="keys">What may open it.</param>
    /// <param name="progress">Is told the stored bytes read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="BackupObjectChangedException">What is stored is not what was stored.</exception>
    /// <exception cref="EncryptedForOthersException">The keys do not open it.</exception>
    public async Task SaveAsync(string path, DecryptionKeys keys, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var writer = SnapshotFileWriter.Begin(path);
        await using var end = writer.ConfigureAwait(false);
        await ReadAsync(Manifest.Object, Manifest.Plain, keys, writer.AppendAsync, progress, cancellationToken).ConfigureAwait(false);
        await (Manifest.Digest is null ? writer.CompleteRawAsync() : writer.CompleteAsync()).ConfigureAwait(false);
        writer.Publish();
    }

    /// <summary>Writes the archive of the files beside etcd, a plain tar file.</summary>
    public async Task SaveFilesAsync(ManifestFiles files, string path, DecryptionKeys keys, CancellationToken cancellationToken)
    {
        var writer = SnapshotFileWriter.Begin(path);
        await using var end = writer.ConfigureAwait(false);
        await ReadAsync(new ManifestObject(files.Name, files.Size, files.Sha256), plain: null, keys, writer.AppendAsync, progress: null, cancellationToken).ConfigureAwait(false);
        await writer.CompleteRawAsync().ConfigureAwait(false);
        writer.Publish();
    }

    /// <summary>Reads the stored bytes alone and holds them to the manifest; what an encrypted object is worth without its key.</summary>
    /// <exception cref="BackupObjectChangedException">Size or SHA-256 differ.</exception>
    public async Task<ManifestLayer> ReadStoredAsync(ManifestObject stored, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var bytes = new HashingReadStream(Open(stored.Name), stored, reason => Changed(stored.Name, reason), progress);
        await using var end = bytes.ConfigureAwait(false);
        return await Guarded(stored.Name, () => bytes.DrainAsync(cancellationToken)).ConfigureAwait(false);
    }

    internal static string Describe(SignatureState state) => state switch
    {
        SignatureState.Invalid => "its manifest does not fit its signature: one of the two was changed.",
        SignatureState.UnknownSigner => "its manifest is signed by a key that the estate does not trust.",
        SignatureState.Unsigned => "its manifest is not signed.",
        _ => "its manifest is signed by a trusted key.",
    };

    private async Task ReadAsync(
        ManifestObject stored, ManifestLayer? plain, DecryptionKeys keys, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> sink, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var bytes = new HashingReadStream(Open(stored.Name), stored, reason => Changed(stored.Name, reason), progress);
        await using var endBytes = bytes.ConfigureAwait(false);
        await Guarded(stored.Name, async () =>
        {
            Stream source = bytes;
            if (Manifest.Encryption is not null)
            {
                source = await DecryptAsync(bytes, keys, cancellationToken).ConfigureAwait(false);
            }

            var decrypted = source;
            if (Manifest.Compression is not null)
            {
                source = ProviderLoader.Catalog.Zstd.Decompress(source);
            }

            var checkedBytes = new HashingReadStream(source, plain, reason => Changed(stored.Name, "unwrapped, " + reason));
            await using var endSource = checkedBytes.ConfigureAwait(false);
            await using var endDecrypted = decrypted.ConfigureAwait(false);
            var buffer = new byte[1 << 20];
            int read;
            while ((read = await checkedBytes.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                await sink(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            }

            return await bytes.DrainAsync(cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private async Task<Stream> DecryptAsync(Stream source, DecryptionKeys keys, CancellationToken cancellationToken)
    {
        try
        {
            return keys.IsNone
                ? throw new EncryptedForOthersException(Manifest.Id, Manifest.Encryption!.Recipients, "it is encrypted and no identity was given.")
                : await ProviderLoader.Catalog.Age.DecryptAsync(source, keys, cancellationToken).ConfigureAwait(false);
        }
        catch (EncryptedForOthersException) when (!keys.IsNone && Manifest.Encryption!.Recipients.Count > 0)
        {
            // The file itself tells kinds of recipients only; the manifest names them.
            throw new EncryptedForOthersException(Manifest.Id, Manifest.Encryption!.Recipients, "none of the keys given opens it.");
        }
    }

    // Damage that a wrapping found first is damage of the object: say so in the same words as when the hash finds it.
    private async Task<T> Guarded<T>(string name, Func<Task<T>> read)
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (BlobNotFoundException)
        {
            throw new BackupObjectMissingException(Manifest.Id, name, repository.Store.Location);
        }
        catch (Exception e) when (e is EncryptedDataDamagedException or CompressedDataDamagedException or SnapshotStreamDamagedException)
        {
            throw Changed(name, e.Message);
        }
    }

    private ResumingReadStream Open(string name) => new(repository.Store, name);

    private BackupObjectChangedException Changed(string name, string reason) => new(Manifest.Id, name, repository.Store.Location, reason);
}
