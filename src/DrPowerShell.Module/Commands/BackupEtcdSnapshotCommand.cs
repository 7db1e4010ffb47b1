using System.Globalization;
using System.Management.Automation;
using DrPowerShell.Core.Backups;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Module.Connections;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Commands;

/// <summary>Takes a snapshot of a live cluster into a file, and proves it before the file gets its name.</summary>
/// <remarks>
/// <para>
/// The snapshot comes from a healthy member that is not the leader and lags least; -Verbose says which and why. When that member dies, the next
/// one is asked. The stream is written to NAME.part, its SHA-256 is checked on the way, the file is synced and verified to -Level, and only
/// then renamed: under its name there is a complete, proven snapshot or nothing. A part that a killed backup left behind is removed by the
/// next one to the same name.
/// </para>
/// <para>The file is a plain etcd snapshot: etcdutl reads and restores it too. It holds every secret of the cluster: keep it where few may read.</para>
/// </remarks>
/// <example>
/// <para>Take a snapshot into a file.</para>
/// <code>Backup-EtcdSnapshot -Endpoint etcd-1, etcd-2, etcd-3 -CACertificate ./ca.pem -Path ./before-upgrade.db -Verbose</code>
/// </example>
/// <example>
/// <para>Take one into a folder, under a name with the cluster and the time.</para>
/// <code>Connect-EtcdCluster -Name prod -Endpoint https://etcd-1:2379 -CACertificate ./ca.pem
/// Backup-EtcdSnapshot -Cluster prod -Path ./backups</code>
/// <para>The name is like prod-20261122T140512Z.db.</para>
/// </example>
/// <example>
/// <para>Prove that etcd starts from it before it counts as a backup.</para>
/// <code>Backup-EtcdSnapshot -Cluster prod -Path ./backups -Level Boot</code>
/// </example>
[Cmdlet(VerbsData.Backup, "EtcdSnapshot", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(EtcdSnapshot))]
public sealed class BackupEtcdSnapshotCommand : EtcdClusterCmdlet
{
    /// <summary>The file to write, which must not exist, or an existing folder, in which a name with cluster and time is made up.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>How far to verify before the file gets its name: Digest, Structure, Full or Boot. The default is Full.</summary>
    [Parameter]
    [ValidateSet(nameof(VerificationLevel.Digest), nameof(VerificationLevel.Structure), nameof(VerificationLevel.Full), nameof(VerificationLevel.Boot))]
    public VerificationLevel Level { get; set; } = VerificationLevel.Full;

    /// <summary>The etcd program for level Boot, or the folder that holds it. Without it etcd is looked for on PATH.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? EtcdPath { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var given = ResolveDestination(Path);
        var cluster = OpenCluster();
        var target = Target(given);
        if (!ShouldProcess(target, $"Back up {ClusterName}"))
        {
            return;
        }

        var options = new SnapshotBackupOptions
        {
            Path = target,
            Level = Level,
            ClusterName = ClusterName,
            EtcdPath = EtcdPath is null ? null : ResolveDestination(EtcdPath),
        };
        // Written after the run: once the file has its name it stays, whatever happens downstream.
        WriteObject(Run((output, token) =>
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var progress = output.Progress<BackupProgress>($"Backing up {ClusterName}", state => Show(state, clock));
            return new SnapshotBackup().RunAsync(cluster, options, progress, new Decisions(output), token);
        }));
    }

    private static ProgressState Show(BackupProgress state, System.Diagnostics.Stopwatch clock)
    {
        var bytes = ProgressState.Bytes(state.Done, state.Total, clock.Elapsed);
        return state.Stage == BackupStage.Verifying ? bytes with { Status = "verifying, " + bytes.Status } : bytes;
    }

    private string Target(string given)
    {
        if (!Directory.Exists(given))
        {
            return given;
        }

        var cluster = string.Concat(ClusterName.Select(c => System.IO.Path.GetInvalidFileNameChars().Contains(c) || c == ':' ? '_' : c));
        return System.IO.Path.Combine(given, $"{cluster}-{DateTime.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}.db");
    }

    private sealed class Decisions(IPipelineOutput output) : IProgress<string>
    {
        public void Report(string value) => output.WriteVerbose(value);
    }
}
