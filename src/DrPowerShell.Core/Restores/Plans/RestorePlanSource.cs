using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Core.Restores.Plans;

/// <summary>Finds what a plan names as its source.</summary>
public static class RestorePlanSource
{
    /// <summary>The backup that is named, or the newest verified one of the cluster.</summary>
    /// <param name="source">What the plan says; it names no file.</param>
    /// <param name="cluster">The cluster, by the estate's name.</param>
    /// <param name="options">The repository.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="BackupNotFoundException">There is no such backup, or none that was verified.</exception>
    public static async Task<EtcdSnapshot> FindAsync(RestoreSourceSection source, string cluster, RepositoryOptions options, CancellationToken cancellationToken)
    {
        var repository = await SnapshotRepository.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        await using var end = repository.ConfigureAwait(false);
        if (source.Backup is { } id)
        {
            return SnapshotCatalog.Describe(await repository.GetAsync(BackupId.Parse(id), cancellationToken).ConfigureAwait(false), repository);
        }

        await foreach (var backup in repository.ListAsync(new BackupFilter { Cluster = cluster }, damaged: null, cancellationToken).ConfigureAwait(false))
        {
            if (backup.IsVerified)
            {
                return SnapshotCatalog.Describe(backup, repository);
            }
        }

        throw new BackupNotFoundException(cluster, repository.Store.Location);
    }
}
