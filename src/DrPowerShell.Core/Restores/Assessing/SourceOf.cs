using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Restores.Steps;
using System.Security.Cryptography;

namespace DrPowerShell.Core.Restores.Assessing;

/// <summary>Makes a source of what a user named, or of what a repository holds.</summary>
internal static class SourceOf
{
    /// <summary>A snapshot that was named.</summary>
    public static async Task<RestoreSource> SnapshotAsync(EtcdSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (snapshot.Manifest is { } manifest && snapshot.Repository is { } repository)
        {
            return OfManifest(manifest, repository);
        }

        var file = new FileStream(snapshot.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan | FileOptions.Asynchronous);
        await using var close = file.ConfigureAwait(false);
        return new RestoreSource
        {
            Kind = RestoreSourceKind.File,
            Name = snapshot.Path,
            Sha256 = Convert.ToHexString(await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false)).ToLowerInvariant(),
            Revision = snapshot.Revision,
            Taken = snapshot.Created,
            Size = snapshot.Size,
        };
    }

    /// <summary>The newest backup that was verified; else the newest that can be had. Null where the repository holds none.</summary>
    public static async Task<StoredSource?> NewestBackupAsync(RestorePlan plan, IRestoreWorld world, string name, CancellationToken cancellationToken)
    {
        var repository = await SnapshotRepository.OpenAsync(world.Repository(name), cancellationToken).ConfigureAwait(false);
        await using var end = repository.ConfigureAwait(false);
        StoredBackup? newest = null;
        await foreach (var backup in repository.ListAsync(new BackupFilter { Cluster = plan.Cluster }, null, cancellationToken).ConfigureAwait(false))
        {
            newest ??= backup;
            if (backup.IsVerified)
            {
                return new StoredSource(OfManifest(backup.Manifest, name), backup.Manifest.Cluster.Id, IsVerified: true);
            }
        }

        return newest is null ? null : new StoredSource(OfManifest(newest.Manifest, name), newest.Manifest.Cluster.Id, IsVerified: false);
    }

    private static RestoreSource OfManifest(BackupManifest manifest, string repository) => new()
    {
        Kind = RestoreSourceKind.Backup,
        Repository = repository,
        Name = manifest.Id,
        Sha256 = manifest.Plain.Sha256,
        Revision = manifest.Revision ?? manifest.RevisionAtLeast ?? 0,
        Taken = manifest.Created,
        Size = manifest.Plain.Size,
    };
}

/// <summary>A backup that can be restored from.</summary>
/// <param name="Source">It as a source.</param>
/// <param name="ClusterId">The id of the cluster that it was taken of, in hex; null where the manifest does not tell.</param>
/// <param name="IsVerified">Whether it was ever proved.</param>
internal sealed record StoredSource(RestoreSource Source, string? ClusterId, bool IsVerified);
