using System.Management.Automation;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;
using DrPowerShell.Module.Snapshots;

namespace DrPowerShell.Module.Commands;

/// <summary>Shows what snapshots are, files or backups in a repository: size, time, revision, and what they say of their cluster.</summary>
/// <remarks>
/// <para>
/// Only a few pages of each file are read, so that a folder of large snapshots is listed at once. Nothing is verified: Verified says None.
/// Figures such as the hash and the number of keys, and the answer whether a snapshot can be restored, come from Test-EtcdSnapshot.
/// </para>
/// <para>
/// With -Repository the backups of a repository are listed from their manifests, by cluster and time. Verified says how far each was verified
/// before it was stored; Integrity what the manifest's signature is worth.
/// </para>
/// </remarks>
/// <example>
/// <para>Find the newest backup of a cluster, and what would have been restored a week ago.</para>
/// <code>Get-EtcdSnapshot -Repository offsite -Cluster prod -Latest
/// Get-EtcdSnapshot -Repository offsite -Cluster prod -AsOf (Get-Date).AddDays(-7)</code>
/// </example>
/// <example>
/// <para>List the snapshots of a folder, the newest last.</para>
/// <code>Get-EtcdSnapshot ./backups/*.db | Sort-Object Created</code>
/// <para>A file that is no snapshot gives an error of its own, and the list goes on.</para>
/// </example>
/// <example>
/// <para>See which cluster a file came from.</para>
/// <code>(Get-EtcdSnapshot ./found.db).Metadata.Members</code>
/// <para>The members with their names and URLs, as they were when it was taken.</para>
/// </example>
/// <example>
/// <para>Verify whatever was taken today.</para>
/// <code>Get-EtcdSnapshot ./backups/*.db | Where-Object Created -gt (Get-Date).Date | Test-EtcdSnapshot -Level Full</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "EtcdSnapshot", DefaultParameterSetName = ByObject)]
[OutputType(typeof(EtcdSnapshot))]
public sealed class GetEtcdSnapshotCommand : SnapshotSourceCmdlet
{
    private const string ByRepository = "Repository";

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>List the backups of a repository, by cluster and time: a name from the estate, a URI such as s3://bucket/prefix, or a folder.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByRepository)]
    [ArgumentCompleter(typeof(RepositoryNameCompleter))]
    [ValidateNotNull]
    public RepositoryReference? Repository { get; set; }

    /// <summary>Only backups of this cluster.</summary>
    [Parameter(ParameterSetName = ByRepository)]
    [ArgumentCompleter(typeof(ClusterNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Cluster { get; set; }

    /// <summary>Only the backups with these ids.</summary>
    [Parameter(ParameterSetName = ByRepository)]
    [ValidateNotNullOrEmpty]
    public string[]? Id { get; set; }

    /// <summary>Only backups that were begun at this time or later.</summary>
    [Parameter(ParameterSetName = ByRepository)]
    public DateTimeOffset? After { get; set; }

    /// <summary>Only backups that were begun before this time.</summary>
    [Parameter(ParameterSetName = ByRepository)]
    public DateTimeOffset? Before { get; set; }

    /// <summary>Only the newest backup of each cluster.</summary>
    [Parameter(ParameterSetName = ByRepository)]
    public SwitchParameter Latest { get; set; }

    /// <summary>Only the newest backup of each cluster that was begun at this time or before: what would have been restored then.</summary>
    [Parameter(ParameterSetName = ByRepository)]
    public DateTimeOffset? AsOf { get; set; }

    /// <summary>The estate file. Without it $env:DRPOWERSHELL_ESTATE, else estate.yaml in the user's configuration folder.</summary>
    [Parameter(ParameterSetName = ByRepository)]
    [ValidateNotNullOrEmpty]
    public string? Estate { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (ParameterSetName == ByRepository)
        {
            List(new EstateSession(this, Estate).Repository(Repository!));
            return;
        }

        if (Stored is { } stored)
        {
            WriteObject(stored);
            return;
        }

        foreach (var file in SourceFiles())
        {
            RunItem(file, (output, _) =>
            {
                output.WriteObject(SnapshotCatalog.Describe(file));
                return Task.CompletedTask;
            });
        }
    }

    private void List(RepositoryOptions options)
    {
        var ids = Id?.Select(BackupId.Parse).ToList();
        var filter = new BackupFilter
        {
            Cluster = Cluster,
            After = After,
            // An id tells whole seconds: the one of the moment asked for belongs to it.
            Before = AsOf is { } moment && !(Before <= moment) ? moment.AddTicks(1) : Before,
        };
        Run(async (output, token) =>
        {
            var repository = await SnapshotRepository.OpenAsync(options, token).ConfigureAwait(false);
            await using var end = repository.ConfigureAwait(false);
            if (ids is not null)
            {
                await ListAsync(repository, ids, output, token).ConfigureAwait(false);
                return;
            }

            if (Latest || AsOf is not null)
            {
                await ListNewestAsync(repository, filter, output, token).ConfigureAwait(false);
                return;
            }

            await foreach (var backup in repository.StreamAsync(filter, new Damaged(output), token).ConfigureAwait(false))
            {
                output.WriteObject(SnapshotCatalog.Describe(backup, repository));
            }
        });
    }

    private async Task ListNewestAsync(SnapshotRepository repository, BackupFilter filter, IPipelineOutput output, CancellationToken cancellationToken)
    {
        await foreach (var backup in repository.ListAsync(filter, new Damaged(output), cancellationToken).ConfigureAwait(false))
        {
            if (_seen.Add(backup.Id.Cluster))
            {
                output.WriteObject(SnapshotCatalog.Describe(backup, repository));
            }

            if (Cluster is not null)
            {
                break;
            }
        }
    }

    private static async Task ListAsync(SnapshotRepository repository, List<BackupId> ids, IPipelineOutput output, CancellationToken cancellationToken)
    {
        foreach (var id in ids)
        {
            try
            {
                output.WriteObject(SnapshotCatalog.Describe(await repository.GetAsync(id, cancellationToken).ConfigureAwait(false), repository));
            }
            catch (RecoveryException e) when (e is BackupNotFoundException or ManifestNotValidException)
            {
                output.WriteError(e, id.ToString());
            }
        }
    }

    // A manifest that cannot be read is told, and the list goes on.
    private sealed class Damaged(IPipelineOutput output) : IProgress<ManifestNotValidException>
    {
        public void Report(ManifestNotValidException value) => output.WriteError(value);
    }
}
