using System.Diagnostics;
using System.Management.Automation;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Copying;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;
using DrPowerShell.Module.Snapshots;

namespace DrPowerShell.Module.Commands;

/// <summary>Copies backups from one repository into another, as they are stored: nothing is decrypted, and signatures stay valid.</summary>
/// <remarks>
/// <para>
/// What arrives is held to the manifest before it appears at the destination, and the manifest is written last. A copy that broke off goes on
/// where it was: objects that are there whole are not sent again. Proofs are copied, too, and the destination's own lock is applied.
/// </para>
/// <para>
/// A damaged source is an error of that backup alone. With -ReadBack each object is read again at the destination, which also finds and repairs
/// a copy that was damaged there.
/// </para>
/// </remarks>
/// <example>
/// <para>Bring offsite what is not there yet.</para>
/// <code>Copy-EtcdSnapshot -Repository local -Destination offsite -Mirror</code>
/// <para>Names and sizes at the destination are compared; only what is missing is copied and returned.</para>
/// </example>
/// <example>
/// <para>Take a backup and copy it at once.</para>
/// <code>Backup-EtcdSnapshot -Cluster prod -Repository local | Copy-EtcdSnapshot -Destination offsite</code>
/// </example>
/// <example>
/// <para>Repair a copy that a check found damaged.</para>
/// <code>Copy-EtcdSnapshot -Repository dc2 -Id prod-20260918T020001Z-c81e -Destination offsite -ReadBack</code>
/// </example>
[Cmdlet(VerbsCommon.Copy, "EtcdSnapshot", DefaultParameterSetName = ByObject, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(EtcdSnapshot))]
public sealed class CopyEtcdSnapshotCommand : DrCmdlet
{
    private const string ByObject = "InputObject";
    private const string ByRepository = "Repository";

    private readonly List<(RepositoryOptions In, BackupId Id)> _chosen = [];
    private EstateSession? _session;

    /// <summary>A backup of Get-EtcdSnapshot -Repository or Backup-EtcdSnapshot -Repository.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByObject)]
    [ValidateNotNull]
    public SnapshotReference? InputObject { get; set; }

    /// <summary>Copy the backups of this repository: a name from the estate, a URI such as s3://bucket/prefix, or a folder.</summary>
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

    /// <summary>The repository to copy into: a name from the estate, a URI, or a folder.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ArgumentCompleter(typeof(RepositoryNameCompleter))]
    [ValidateNotNull]
    public RepositoryReference? Destination { get; set; }

    /// <summary>Only what is missing at the destination, by names and sizes.</summary>
    [Parameter]
    public SwitchParameter Mirror { get; set; }

    /// <summary>Read every object back at the destination, also those that were there already, and send again what is not whole.</summary>
    [Parameter]
    public SwitchParameter ReadBack { get; set; }

    /// <summary>Copy plain backups also into a repository that keeps encrypted ones.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The estate file. Without it $env:DRPOWERSHELL_ESTATE, else estate.yaml in the user's configuration folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Estate { get; set; }

    private EstateSession Session => _session ??= new EstateSession(this, Estate);

    /// <inheritdoc/>
    protected override void Process() => Item(InputObject?.Path ?? Repository!.Text, Choose, terminating: !MyInvocation.ExpectingInput);

    /// <inheritdoc/>
    protected override void End()
    {
        if (_chosen.Count == 0)
        {
            return;
        }

        var destination = Session.Repository(Destination!);
        foreach (var group in _chosen.GroupBy(c => c.In.Uri))
        {
            var source = group.First().In;
            var missing = Run((output, token) => FindAsync(source, destination, [.. group.Select(c => c.Id).Distinct()], output, token));
            var allowed = missing.Where(b => ShouldProcess($"{b.Id} of {source.Name} to {destination.Name}", "Copy the backup")).ToList();
            if (allowed.Count > 0)
            {
                Run((output, token) => CopyAsync(source, destination, allowed, output, token));
            }
        }
    }

    private void Choose()
    {
        if (ParameterSetName == ByRepository)
        {
            var options = Session.Repository(Repository!);
            _chosen.AddRange((Id?.Select(BackupId.Parse) ?? Run((_, token) => ListAsync(options, token))).Select(id => (options, id)));
        }
        else
        {
            _chosen.Add(InputObject!.Stored is { } stored ? (stored.StoredIn!, BackupId.Parse(stored.Name))
                : throw new SnapshotNotInRepositoryException(InputObject.Path, "Import it into a repository with Import-EtcdSnapshot."));
        }
    }

    // The names alone: a manifest that cannot be read is told when its turn comes. The newest first, which matter most.
    private async Task<IReadOnlyList<BackupId>> ListAsync(RepositoryOptions options, CancellationToken cancellationToken)
    {
        var repository = await SnapshotRepository.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        await using var close = repository.ConfigureAwait(false);
        var ids = new List<BackupId>();
        await foreach (var blob in repository.Store.ListAsync(Cluster is null ? "" : BackupId.FolderOf(Cluster) + "/", cancellationToken).ConfigureAwait(false))
        {
            if (BackupNames.Read(blob.Name) is (BackupObjectKind.Manifest, var id))
            {
                ids.Add(id);
            }
        }

        return [.. ids.OrderByDescending(id => id.Time)];
    }

    private async Task<IReadOnlyList<StoredBackup>> FindAsync(
        RepositoryOptions from, RepositoryOptions to, HashSet<BackupId> ids, IPipelineOutput output, CancellationToken cancellationToken)
    {
        var source = await SnapshotRepository.OpenAsync(from, cancellationToken).ConfigureAwait(false);
        await using var closeSource = source.ConfigureAwait(false);
        var destination = await SnapshotRepository.OpenAsync(to, cancellationToken).ConfigureAwait(false);
        await using var closeDestination = destination.ConfigureAwait(false);
        var copier = new BackupCopier(source, destination, new(), TimeProvider.System);
        var found = new List<StoredBackup>();
        var filter = new BackupFilter { Cluster = ids.Select(id => id.Cluster).Distinct(StringComparer.Ordinal).ToList() is [var only] ? only : null };
        await foreach (var backup in source.ListAsync(filter, new Damaged(ids, output), cancellationToken).ConfigureAwait(false))
        {
            if (ids.Remove(backup.Id) && !(Mirror && await copier.IsThereAsync(backup, cancellationToken).ConfigureAwait(false)))
            {
                found.Add(backup);
            }
        }

        foreach (var id in ids)
        {
            output.WriteError(new BackupNotFoundException(id.ToString(), source.Store.Location), id.ToString());
        }

        return found;
    }

    private async Task CopyAsync(RepositoryOptions from, RepositoryOptions to, IReadOnlyList<StoredBackup> backups, IPipelineOutput output, CancellationToken cancellationToken)
    {
        var source = await SnapshotRepository.OpenAsync(from, cancellationToken).ConfigureAwait(false);
        await using var closeSource = source.ConfigureAwait(false);
        var destination = await SnapshotRepository.OpenAsync(to, cancellationToken).ConfigureAwait(false);
        await using var closeDestination = destination.ConfigureAwait(false);
        var copier = new BackupCopier(source, destination, new CopyOptions { ReadBack = ReadBack, AllowPlain = Force }, TimeProvider.System);
        foreach (var backup in backups)
        {
            try
            {
                var clock = Stopwatch.StartNew();
                var progress = output.Progress<long>($"Copying {backup.Id}", done => ProgressState.Bytes(done, backup.Manifest.Object.Size, clock.Elapsed));
                var outcome = await copier.CopyAsync(backup, progress, cancellationToken).ConfigureAwait(false);
                output.WriteVerbose($"{backup.Id}: {outcome}.");
                output.WriteObject(SnapshotCatalog.Describe(await destination.GetAsync(backup.Id, cancellationToken).ConfigureAwait(false), destination));
            }
            catch (RecoveryException e) when (e.Kind is FailureKind.InvalidData or FailureKind.Security or FailureKind.NotFound or FailureKind.AlreadyExists)
            {
                output.WriteError(e, backup.Id.ToString());
            }
        }
    }

    // A manifest that cannot be read is told, and the others are copied.
    private sealed class Damaged(HashSet<BackupId> ids, IPipelineOutput output) : IProgress<ManifestNotValidException>
    {
        public void Report(ManifestNotValidException value)
        {
            lock (ids)
            {
                if (ids.Remove(BackupNames.Read(value.Subject!.ToString()!).Id))
                {
                    output.WriteError(value);
                }
            }
        }
    }
}
