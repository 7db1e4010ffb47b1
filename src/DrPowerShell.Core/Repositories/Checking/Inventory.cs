using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Manifests;

namespace DrPowerShell.Core.Repositories.Checking;

/// <summary>What a repository holds: manifests, the sizes of all objects, the newest proofs.</summary>
internal sealed class Inventory
{
    private const int ReadAhead = 16;

    private Inventory()
    {
    }

    /// <summary>The backups whose manifests can be read, newest first.</summary>
    public List<InventoryItem> Items { get; } = [];

    public List<ManifestNotValidException> Damaged { get; } = [];

    public Dictionary<string, BlobInfo> Blobs { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads it all.</summary>
    public static async Task<Inventory> ReadAsync(SnapshotRepository repository, string? cluster, bool withProofs, CancellationToken cancellationToken)
    {
        var inventory = new Inventory();
        var reading = new Queue<Task<InventoryItem>>();
        await foreach (var backup in repository.ListAsync(new BackupFilter { Cluster = cluster }, new Collecting(inventory.Damaged), cancellationToken).ConfigureAwait(false))
        {
            reading.Enqueue(ReadAsync(repository, backup, withProofs, cancellationToken));
            if (reading.Count >= ReadAhead)
            {
                inventory.Items.Add(await reading.Dequeue().ConfigureAwait(false));
            }
        }

        while (reading.TryDequeue(out var item))
        {
            inventory.Items.Add(await item.ConfigureAwait(false));
        }

        // After the manifests: whatever a manifest names was there before it.
        var prefix = cluster is null ? "" : BackupId.FolderOf(cluster) + "/";
        await foreach (var blob in repository.Store.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            inventory.Blobs[blob.Name] = blob;
        }

        return inventory;
    }

    /// <summary>Whether a backup is here whole, as far as names and sizes tell.</summary>
    public bool Holds(StoredBackup backup) =>
        Blobs.ContainsKey(BackupNames.Manifest(backup.Id))
        && Blobs.TryGetValue(backup.Manifest.Object.Name, out var stored) && stored.Size == backup.Manifest.Object.Size
        && (backup.Manifest.Files is not { } files || (Blobs.TryGetValue(files.Name, out var archive) && archive.Size == files.Size));

    private static async Task<InventoryItem> ReadAsync(SnapshotRepository repository, StoredBackup backup, bool withProofs, CancellationToken cancellationToken) =>
        new(backup, withProofs ? await ProofReader.FindNewestAsync(repository, backup, cancellationToken).ConfigureAwait(false) : null);

    private sealed class Collecting(List<ManifestNotValidException> damaged) : IProgress<ManifestNotValidException>
    {
        public void Report(ManifestNotValidException value)
        {
            lock (damaged)
            {
                damaged.Add(value);
            }
        }
    }
}

/// <summary>A backup and its newest proof that counts.</summary>
internal sealed record InventoryItem(StoredBackup Backup, BackupProof? Proof)
{
    /// <summary>Whether something was found that forbids its use; set by the check as it goes on.</summary>
    public bool IsBroken { get; set; }

    /// <summary>When it was last proven, by itself when it was made or by a proof; an encrypted one only counts where it was decrypted. Null: never.</summary>
    public DateTimeOffset? LastProof =>
        Proof is { IsValid: true } && (Proof.Decrypted || Backup.Manifest.Encryption is null) ? Proof.Time
        : Backup.IsVerified ? Backup.Manifest.Completed
        : null;
}
