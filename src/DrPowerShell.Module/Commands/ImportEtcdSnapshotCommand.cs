using System.Management.Automation;
using System.Security;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;
using DrPowerShell.Module.Snapshots;

namespace DrPowerShell.Module.Commands;

/// <summary>Stores snapshot files that something else made (etcdctl, a script, cron) in a repository, verified first.</summary>
/// <remarks>
/// <para>
/// Each file is verified to -Level; a damaged one is refused with SnapshotNotValid and nothing is stored. The manifest says Origin Imported, and
/// takes the time of the file as the time of the snapshot. A raw member/snap/db, which has no digest, is verified to Full whatever was asked.
/// </para>
/// <para>The file itself stays where it is.</para>
/// </remarks>
/// <example>
/// <para>Store what etcdctl made.</para>
/// <code>etcdctl snapshot save /var/backups/now.db
/// Import-EtcdSnapshot /var/backups/now.db -Repository offsite -Cluster prod</code>
/// </example>
/// <example>
/// <para>Move a folder of old snapshots into a repository.</para>
/// <code>Import-EtcdSnapshot /var/backups/*.db -Repository offsite -Cluster prod -Verbose</code>
/// <para>A damaged one gives an error of its own, and the others go on.</para>
/// </example>
[Cmdlet(VerbsData.Import, "EtcdSnapshot", DefaultParameterSetName = ByObject, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(EtcdSnapshot))]
public sealed class ImportEtcdSnapshotCommand : SnapshotSourceCmdlet
{
    /// <summary>The repository to store it in: a name from the estate, a URI such as s3://bucket/prefix, or a folder.</summary>
    [Parameter(Mandatory = true)]
    [ArgumentCompleter(typeof(RepositoryNameCompleter))]
    [ValidateNotNull]
    public RepositoryReference? Repository { get; set; }

    /// <summary>The name of the cluster that the snapshots were taken from.</summary>
    [Parameter(Mandatory = true)]
    [ArgumentCompleter(typeof(ClusterNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string Cluster { get; set; } = "";

    /// <summary>How far to verify before it is stored: Digest, Structure, Full or Boot. The default is Full.</summary>
    [Parameter]
    [ValidateSet(nameof(VerificationLevel.Digest), nameof(VerificationLevel.Structure), nameof(VerificationLevel.Full), nameof(VerificationLevel.Boot))]
    public VerificationLevel Level { get; set; } = VerificationLevel.Full;

    /// <summary>The etcd program for level Boot, or the folder that holds it. Without it etcd is looked for on PATH.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? EtcdPath { get; set; }

    /// <summary>Encrypt to these recipients (age1…) instead of those of the estate.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Recipient { get; set; }

    /// <summary>Encrypt to a passphrase instead of recipients.</summary>
    [Parameter]
    public SecureString? Passphrase { get; set; }

    /// <summary>The zstd level, 1 to 22; 0 stores it uncompressed. The default is the estate's, else 3.</summary>
    [Parameter]
    [ValidateRange(0, 22)]
    public int? CompressionLevel { get; set; }

    /// <summary>Sign the manifest with this ECDSA key (a PEM file) instead of the estate's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SigningKey { get; set; }

    /// <summary>The estate file. Without it $env:DRPOWERSHELL_ESTATE, else estate.yaml in the user's configuration folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Estate { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        RefuseInvalid();
        var options = StorageChoice.Apply(new EstateSession(this, Estate).Repository(Repository!), Recipient, Passphrase, CompressionLevel, SigningKey is null ? null : ResolveDestination(SigningKey));
        var etcd = EtcdPath is null ? null : ResolveDestination(EtcdPath);
        foreach (var file in SourceFiles())
        {
            if (ShouldProcess(options.Name, $"Import {file}"))
            {
                RunItem(file, async (output, token) =>
                {
                    var repository = await SnapshotRepository.OpenAsync(options, token).ConfigureAwait(false);
                    await using var end = repository.ConfigureAwait(false);
                    var name = System.IO.Path.GetFileName(file);
                    var clock = System.Diagnostics.Stopwatch.StartNew();
                    var progress = output.Progress<BackupProgress>($"Importing {name}", state => ProgressState.Bytes(state.Done, state.Total, clock.Elapsed));
                    output.WriteObject(await new BackupImporter().RunAsync(file, repository, Cluster, Level, etcd, progress, output.Steps($"Booting {name}"), token).ConfigureAwait(false));
                });
            }
        }
    }
}
