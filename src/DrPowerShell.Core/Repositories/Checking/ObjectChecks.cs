using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Core.Repositories.Streams;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Repositories.Checking;

/// <summary>Holds a backup's objects against its manifest without reading them: signature, names, sizes, locks.</summary>
internal sealed class ObjectChecks(SnapshotRepository repository, Inventory inventory, CopyCount copies, DateTimeOffset now)
{
    // Clocks of the store and the machine that uploaded, and uploads that took their time.
    private static readonly TimeSpan LockSlack = TimeSpan.FromDays(1);

    public async Task<IReadOnlyList<RepositoryFinding>> CheckAsync(InventoryItem item, CancellationToken cancellationToken)
    {
        var findings = new List<RepositoryFinding>();
        var (backup, manifest) = (item.Backup, item.Backup.Manifest);
        CheckSignature(backup, findings);
        CheckOwner(backup, manifest.Object.Name, BackupObjectKind.Snapshot, findings);
        await CheckObjectAsync(item, manifest.Object.Name, manifest.Object.Size, "Object", findings, cancellationToken).ConfigureAwait(false);
        if (manifest.Files is { } files)
        {
            CheckOwner(backup, files.Name, BackupObjectKind.Files, findings);
            await CheckObjectAsync(item, files.Name, files.Size, "Files", findings, cancellationToken).ConfigureAwait(false);
        }

        if (findings.Count > 0 && await repository.Store.FindAsync(BackupNames.Manifest(backup.Id), cancellationToken).ConfigureAwait(false) is null)
        {
            return []; // removed while we looked
        }

        item.IsBroken = findings.Exists(f => f.Severity == FindingSeverity.Error);
        if (repository.Options.Lock is { } policy)
        {
            await CheckLocksAsync(backup, policy, findings, cancellationToken).ConfigureAwait(false);
        }

        return findings;
    }

    /// <summary>What to say of an object that is not what was stored: whose it is, where another backup's was put in its place, and where a good copy is.</summary>
    public async Task<RepositoryFinding> DescribeChangedAsync(StoredBackup backup, string what, string name, string reason, CancellationToken cancellationToken)
    {
        var advice = Advice(backup);
        if (inventory.Blobs.TryGetValue(name, out var stored))
        {
            foreach (var other in inventory.Items.Where(i => i.Backup.Id != backup.Id && i.Backup.Manifest.Object.Size == stored.Size))
            {
                var found = new HashingReadStream(new ResumingReadStream(repository.Store, name), expected: null, _ => new InvalidOperationException());
                await using var close = found.ConfigureAwait(false);
                if ((await found.DrainAsync(cancellationToken).ConfigureAwait(false)).Sha256 == other.Backup.Manifest.Object.Sha256)
                {
                    return new(FindingSeverity.Error, what + "Swapped", backup.Id.ToString(), $"'{name}' holds the object of {other.Backup.Id}. {advice}");
                }
            }
        }

        return new(FindingSeverity.Error, what + "Changed", backup.Id.ToString(), $"{reason} {advice}");
    }

    public string Advice(StoredBackup backup) => copies.HoldersOf(backup) is [var holder, ..]
        ? $"Keep it, and copy it again from '{holder}' (Copy-EtcdSnapshot -ReadBack)."
        : "Keep it for those who look into it; no other copy is known here.";

    private static void CheckSignature(StoredBackup backup, List<RepositoryFinding> findings, bool required)
    {
        if (backup.Signature == SignatureState.Invalid)
        {
            findings.Add(new(FindingSeverity.Error, "ManifestEdited", backup.Id.ToString(), "Its manifest does not fit its signature: one of the two was changed."));
        }
        else if (required && backup.Signature != SignatureState.Trusted)
        {
            findings.Add(new(FindingSeverity.Error, "ManifestNotTrusted", backup.Id.ToString(), backup.Signature == SignatureState.Unsigned
                ? "Its manifest is not signed, and this repository's must be."
                : "Its manifest is signed by a key that is not trusted."));
        }
    }

    private static void CheckOwner(StoredBackup backup, string name, BackupObjectKind kind, List<RepositoryFinding> findings)
    {
        if (BackupNames.Read(name) != (kind, backup.Id))
        {
            findings.Add(new(FindingSeverity.Error, "ManifestEdited", backup.Id.ToString(), $"Its manifest names '{name}', which is not an object of this backup."));
        }
    }

    private void CheckSignature(StoredBackup backup, List<RepositoryFinding> findings) => CheckSignature(backup, findings, repository.Options.Trust.IsRequired);

    private async Task CheckObjectAsync(InventoryItem item, string name, long size, string what, List<RepositoryFinding> findings, CancellationToken cancellationToken)
    {
        var backup = item.Backup;
        if (!inventory.Blobs.TryGetValue(name, out var stored))
        {
            findings.Add(new(FindingSeverity.Error, what + "Missing", backup.Id.ToString(), $"'{name}' is gone. {(copies.HoldersOf(backup) is [var holder, ..]
                ? $"Copy it again from '{holder}'." : "No other copy is known here.")}"));
        }
        else if (stored.Size != size)
        {
            findings.Add(await DescribeChangedAsync(backup, what, name, $"'{name}' has {stored.Size:N0} bytes, and {size:N0} were stored.", cancellationToken).ConfigureAwait(false));
        }
    }

    // What the estate promises, not what the manifest says: a copy has the manifest of its origin, and the locks of its own repository.
    private async Task CheckLocksAsync(StoredBackup backup, RepositoryLockPolicy policy, List<RepositoryFinding> findings, CancellationToken cancellationToken)
    {
        foreach (var name in new[] { BackupNames.Manifest(backup.Id), backup.Manifest.Object.Name, backup.Manifest.Files?.Name })
        {
            if (name is null || !inventory.Blobs.TryGetValue(name, out var stored) || stored.Modified.AddDays(policy.Days) - LockSlack <= now)
            {
                continue;
            }

            var expected = stored.Modified.AddDays(policy.Days) - LockSlack;
            var found = await repository.Store.GetRetentionAsync(name, cancellationToken).ConfigureAwait(false);
            var reason = found is null ? "is not locked"
                : found.Until < expected ? $"is locked until {found.Until.ToUniversalTime():u} only"
                : found.Mode == BlobLockMode.Governance && policy.Mode == BlobLockMode.Compliance ? "is locked in governance mode, and compliance is asked for"
                : null;
            if (reason is not null)
            {
                findings.Add(new(FindingSeverity.Error, "LockMissing", backup.Id.ToString(), $"'{name}' {reason}; {policy.Days} days from the upload on were promised."));
            }
        }
    }
}
