using System.Management.Automation;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Locking;
using DrPowerShell.Core.Repositories.Removing;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;
using DrPowerShell.Module.Snapshots;

namespace DrPowerShell.Module.Commands;

/// <summary>Removes backups from a repository, with their proofs.</summary>
/// <remarks>
/// <para>
/// The manifest goes first: a removal that breaks off leaves no backup that looks whole, and what is left is collected by
/// Invoke-SnapshotRetention. The newest verified backup of a cluster and the only one in a repository are refused without -Force; a locked one
/// is always refused, and nothing of it is touched.
/// </para>
/// <para>It works when all input has arrived, and asks before each; scripts say -Confirm:$false. Plain snapshot files are removed with Remove-Item.</para>
/// </remarks>
/// <example>
/// <para>Remove one backup.</para>
/// <code>Remove-EtcdSnapshot -Repository offsite -Id prod-20261122T140512Z-7f3a</code>
/// </example>
/// <example>
/// <para>See which backups of a cluster that is gone would be removed.</para>
/// <code>Get-EtcdSnapshot -Repository offsite -Cluster old | Remove-EtcdSnapshot -Force -WhatIf</code>
/// <para>Without -Force the newest verified one would stay.</para>
/// </example>
[Cmdlet(VerbsCommon.Remove, "EtcdSnapshot", DefaultParameterSetName = ByObject, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class RemoveEtcdSnapshotCommand : DrCmdlet
{
    private const string ByObject = "InputObject";
    private const string ById = "Id";

    private readonly List<(RepositoryOptions In, BackupId Id)> _chosen = [];
    private EstateSession? _session;

    /// <summary>A backup of Get-EtcdSnapshot -Repository.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByObject)]
    [ValidateNotNull]
    public SnapshotReference? InputObject { get; set; }

    /// <summary>The repository: a name from the estate, a URI such as s3://bucket/prefix, or a folder.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ById)]
    [ArgumentCompleter(typeof(RepositoryNameCompleter))]
    [ValidateNotNull]
    public RepositoryReference? Repository { get; set; }

    /// <summary>The ids of the backups.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ById)]
    [ValidateNotNullOrEmpty]
    public string[] Id { get; set; } = [];

    /// <summary>Remove also the newest verified backup of a cluster, and the only one in the repository.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The estate file. Without it $env:DRPOWERSHELL_ESTATE, else estate.yaml in the user's configuration folder.</summary>
    [Parameter(ParameterSetName = ById)]
    [ValidateNotNullOrEmpty]
    public string? Estate { get; set; }

    /// <inheritdoc/>
    protected override void Process() => Item(InputObject?.Path ?? Repository!.Text, Choose, terminating: !MyInvocation.ExpectingInput);

    /// <inheritdoc/>
    protected override void End()
    {
        foreach (var group in _chosen.GroupBy(c => c.In.Uri))
        {
            Run((output, token) => RemoveAsync(group.First().In, [.. group.Select(c => c.Id).Distinct()], output, token));
        }
    }

    private void Choose()
    {
        if (ParameterSetName == ById)
        {
            var options = (_session ??= new EstateSession(this, Estate)).Repository(Repository!);
            foreach (var id in Id)
            {
                Choose(options, BackupId.Parse(id));
            }
        }
        else if (InputObject!.Stored is { } stored)
        {
            Choose(stored.StoredIn!, BackupId.Parse(stored.Name));
        }
        else
        {
            throw new SnapshotNotInRepositoryException(InputObject.Path, "It is a plain snapshot: remove it with Remove-Item.");
        }
    }

    private void Choose(RepositoryOptions options, BackupId id)
    {
        if (ShouldProcess($"{id} in {options.Name}", "Remove the backup"))
        {
            _chosen.Add((options, id));
        }
    }

    private async Task RemoveAsync(RepositoryOptions options, IReadOnlyList<BackupId> ids, IPipelineOutput output, CancellationToken cancellationToken)
    {
        var repository = await SnapshotRepository.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        await using var close = repository.ConfigureAwait(false);
        var held = await RepositoryLock.TakeAsync(repository.Store, RepositoryLock.Removal, "Remove-EtcdSnapshot", TimeSpan.FromMinutes(1), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        await using var release = held.ConfigureAwait(false);
        var remover = new BackupRemover(repository, TimeProvider.System);

        // The oldest first: what protects a backup is what is newer.
        foreach (var id in ids.OrderBy(id => id.Time))
        {
            try
            {
                if (held.Lost.IsCancellationRequested)
                {
                    throw new RepositoryLockLostException(repository.Store.Location);
                }

                if (!Force && await remover.FindProtectionAsync(id, cancellationToken).ConfigureAwait(false) is { } reason)
                {
                    throw reason;
                }

                var freed = await remover.RemoveAsync(id, cancellationToken).ConfigureAwait(false);
                output.WriteVerbose($"{id} was removed: {ByteSize.Show(freed)}.");
            }
            catch (RecoveryException e) when (e is BackupProtectedException or BackupNotFoundException or BlobLockedException)
            {
                output.WriteError(e, id.ToString());
            }
        }
    }
}
