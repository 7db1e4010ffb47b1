using System.Globalization;
using System.Management.Automation;
using System.Security;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Connections;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;

namespace DrPowerShell.Module.Commands;

/// <summary>Takes a snapshot of a live cluster into a file or a repository, and proves it before it counts as a backup.</summary>
/// <remarks>
/// <para>
/// The snapshot comes from a healthy member that is not the leader and lags least; -Verbose says which and why. When that member dies, the next
/// one is asked. The stream is written to NAME.part, its SHA-256 is checked on the way, the file is synced and verified to -Level, and only
/// then renamed: under its name there is a complete, proven snapshot or nothing. A part that a killed backup left behind is removed by the
/// next one to the same name.
/// </para>
/// <para>The file is a plain etcd snapshot: etcdutl reads and restores it too. It holds every secret of the cluster: keep it where few may read.</para>
/// <para>
/// With -Repository the snapshot goes straight into a folder, an S3 bucket or an SFTP folder, compressed (zstd), encrypted (age) and signed as
/// the estate says, in one pass. Where there is room it is spooled beside and verified to -Level before it appears there; without room it is
/// streamed through memory alone and proved to level Digest. Its manifest is written last: a backup is there whole, or not at all.
/// </para>
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
/// <para>Store one offsite, with what a control plane needs beside etcd.</para>
/// <code>Backup-EtcdSnapshot -Cluster prod -Repository offsite -IncludeFile /etc/kubernetes/pki, /etc/kubernetes/encryption.yaml</code>
/// <para>The cluster and the repository are named by the estate. The files are refused where nothing would encrypt them.</para>
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
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The repository to store it in: a name from the estate, a URI such as s3://bucket/prefix, or a folder. Takes the place of -Path.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(RepositoryNameCompleter))]
    [ValidateNotNull]
    public RepositoryReference? Repository { get; set; }

    /// <summary>How far to verify before it counts: Digest, Structure, Full or Boot. The default is Full.</summary>
    [Parameter]
    [ValidateSet(nameof(VerificationLevel.Digest), nameof(VerificationLevel.Structure), nameof(VerificationLevel.Full), nameof(VerificationLevel.Boot))]
    public VerificationLevel Level { get; set; } = VerificationLevel.Full;

    /// <summary>The etcd program for level Boot, or the folder that holds it. Without it etcd is looked for on PATH.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? EtcdPath { get; set; }

    /// <summary>Encrypt to these recipients (age1…) instead of those of the estate. For -Repository.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Recipient { get; set; }

    /// <summary>Encrypt to a passphrase instead of recipients. For -Repository.</summary>
    [Parameter]
    public SecureString? Passphrase { get; set; }

    /// <summary>The zstd level, 1 to 22; 0 stores it uncompressed. The default is the estate's, else 3. For -Repository.</summary>
    [Parameter]
    [ValidateRange(0, 22)]
    public int? CompressionLevel { get; set; }

    /// <summary>Sign the manifest with this ECDSA key (a PEM file) instead of the estate's. For -Repository.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SigningKey { get; set; }

    /// <summary>Files and folders to store with it, such as a control plane's PKI; wildcards are allowed. For -Repository.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] IncludeFile { get; set; } = [];

    /// <summary>Where the snapshot is spooled for its verification. The default is the folder for temporary files, where that has room. For -Repository.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SpoolDirectory { get; set; }

    /// <summary>Spool nothing: stream through memory alone, and prove it to level Digest; with -Level Full, read the stored object back and verify that. For -Repository.</summary>
    [Parameter]
    public SwitchParameter NoSpool { get; set; }

    /// <summary>Store the files of -IncludeFile also in a repository that does not encrypt.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void Begin()
    {
        if (Path is null == Repository is null)
        {
            throw Path is null
                ? new ParametersConflictException(nameof(Path), "Neither -Path nor -Repository says where the snapshot goes.", "Give one of them.")
                : new ParametersConflictException(nameof(Repository), "-Path and -Repository were both given; each says where the snapshot goes.", "Leave one of them out; Export-EtcdSnapshot makes a file of a stored backup.");
        }

        string[] needRepository = [nameof(Recipient), nameof(Passphrase), nameof(CompressionLevel), nameof(SigningKey), nameof(IncludeFile), nameof(SpoolDirectory), nameof(NoSpool)];
        if (Repository is null && needRepository.FirstOrDefault(MyInvocation.BoundParameters.ContainsKey) is { } lone)
        {
            throw new ParametersConflictException(lone, $"-{lone} was given without -Repository, which it is for.", $"Leave -{lone} out, or store the backup with -Repository.");
        }

        if (NoSpool && SpoolDirectory is not null)
        {
            throw new ParametersConflictException(nameof(NoSpool), "-NoSpool and -SpoolDirectory were both given.", "Leave one of them out.");
        }
    }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (Repository is null)
        {
            BackUpToFile();
        }
        else
        {
            BackUpToRepository();
        }
    }

    private void BackUpToFile()
    {
        var given = ResolveDestination(Path!);
        var cluster = OpenCluster();
        var target = Target(given);
        if (!ShouldProcess(target, $"Back up {ClusterName}"))
        {
            return;
        }

        var options = new SnapshotBackupOptions { Path = target, Level = Level, ClusterName = ClusterName, EtcdPath = Etcd };
        // Written after the run: once the file has its name it stays, whatever happens downstream.
        WriteObject(Run((output, token) => new SnapshotBackup().RunAsync(cluster, options, Progress(output), new Decisions(output), token)));
    }

    private void BackUpToRepository()
    {
        var repository = StorageChoice.Apply(Session.Repository(Repository!), Recipient, Passphrase, CompressionLevel, SigningKey is null ? null : ResolveDestination(SigningKey));
        var cluster = OpenCluster();
        var options = new RepositoryBackupOptions
        {
            ClusterName = ClusterName,
            Level = Level,
            IsLevelRequired = MyInvocation.BoundParameters.ContainsKey(nameof(Level)),
            NoSpool = NoSpool,
            SpoolDirectory = SpoolDirectory is null ? null : ResolveDestination(SpoolDirectory),
            IncludeFiles = IncludeFile.Length == 0 ? [] : ResolveFiles(IncludeFile, literal: false),
            AllowPlainFiles = Force,
            EtcdPath = Etcd,
        };
        if (!ShouldProcess(repository.Name, $"Back up {ClusterName}"))
        {
            return;
        }

        WriteObject(Run(async (output, token) =>
        {
            var open = await SnapshotRepository.OpenAsync(repository, token).ConfigureAwait(false);
            await using var end = open.ConfigureAwait(false);
            return await new RepositoryBackup().RunAsync(cluster, open, options, Progress(output), new Decisions(output), token).ConfigureAwait(false);
        }));
    }

    private string? Etcd => EtcdPath is null ? null : ResolveDestination(EtcdPath);

    private IProgress<BackupProgress> Progress(IPipelineOutput output)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        return output.Progress<BackupProgress>($"Backing up {ClusterName}", state => Show(state, clock));
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
