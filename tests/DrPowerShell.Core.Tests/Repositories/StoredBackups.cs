using System.Security.Cryptography;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Manifests;

namespace DrPowerShell.Core.Tests.Repositories;

/// <summary>Puts made-up backups into repositories: any bytes with the manifest that belongs to them.</summary>
internal static class StoredBackups
{
    public static SnapshotRepository Over(IBlobStore store, Func<RepositoryOptions, RepositoryOptions>? with = null)
    {
        var options = new RepositoryOptions { Name = store.Location.Host, Uri = store.Location };
        return SnapshotRepository.Over(with?.Invoke(options) ?? options, store);
    }

    public static async Task<StoredBackup> AddAsync(
        SnapshotRepository repository, string id, byte[]? bytes = null, Func<BackupManifest, BackupManifest>? with = null, bool files = false)
    {
        var backup = BackupId.Parse(id);
        bytes ??= RandomNumberGenerator.GetBytes(1000);
        var hash = Convert.ToHexString(SHA256.HashData(bytes)).ToLowerInvariant();
        var name = BackupNames.Snapshot(backup, compressed: false, encrypted: false);
        var manifest = new BackupManifest
        {
            Schema = BackupManifest.CurrentSchema,
            Id = id,
            Cluster = new(backup.Cluster),
            Created = backup.Time,
            Completed = backup.Time,
            Origin = BackupOrigin.Streamed,
            Verified = "Full",
            KeyCount = 1000,
            Plain = new(bytes.Length, hash),
            Object = new(name, bytes.Length, hash),
            Tool = "DrPowerShell test",
            Host = "etcd-1",
        };
        if (files)
        {
            var archive = BackupNames.Files(backup, compressed: false, encrypted: true);
            await repository.Store.PutAsync(archive, bytes, new(), default);
            manifest = manifest with { Files = new(archive, bytes.Length, hash, ["/etc/kubernetes/pki/ca.key"]) };
        }

        await repository.Store.PutAsync(name, bytes, new(), default);
        manifest = with?.Invoke(manifest) ?? manifest;
        await repository.Store.PutAsync(BackupNames.Manifest(backup), SignedJson.Write(manifest, repository.Options.Signer), new(), default);
        return await repository.GetAsync(backup, default);
    }

    public static async Task ProveAsync(SnapshotRepository repository, StoredBackup backup, DateTimeOffset time, bool valid = true, bool decrypted = true) =>
        await repository.Store.PutAsync(BackupNames.Proof(backup.Id, time), SignedJson.Write(new BackupProof
        {
            Schema = BackupProof.CurrentSchema,
            Backup = backup.Manifest.Id,
            Time = time,
            ObjectSha256 = backup.Manifest.Object.Sha256,
            IsValid = valid,
            Level = "Full",
            Decrypted = decrypted,
            Findings = valid ? [] : [new("Error", "DigestMismatch", "the digest does not match")],
            Tool = "DrPowerShell test",
            Host = "etcd-1",
        }, repository.Options.Signer), new(), default);

    public static async Task<List<StoredBackup>> ListAsync(SnapshotRepository repository)
    {
        var all = new List<StoredBackup>();
        await foreach (var backup in repository.ListAsync(BackupFilter.All, null, default))
        {
            all.Add(backup);
        }

        return all;
    }

    /// <summary>Whether every manifest's objects are there whole.</summary>
    public static async Task<bool> AreWholeAsync(SnapshotRepository repository)
    {
        foreach (var backup in await ListAsync(repository))
        {
            var part = backup.Manifest.Object;
            if (await repository.Store.FindAsync(part.Name, default) is null
                || !SHA256.HashData(await repository.Store.ReadAllAsync(part.Name, default)).AsSpan().SequenceEqual(Convert.FromHexString(part.Sha256)))
            {
                return false;
            }
        }

        return true;
    }
}
