using System.Management.Automation;
using System.Security;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Restores.Impact;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Connections;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;
using DrPowerShell.Module.Snapshots;

namespace DrPowerShell.Module.Commands;

/// <summary>Tells before a restore what it would destroy: keys that vanish, come back or go back, by prefix and by Kubernetes object.</summary>
/// <remarks>
/// <para>
/// The snapshot is compared key by key with the live cluster; with one that has lost its quorum, through the member that is furthest; with one
/// that is down, through the data of its members on their hosts (-FromHosts) or in folders of this machine (-DataDirectory), read in place; or,
/// where nothing else is left, with the newest manifest in the repository (-FromManifest), which tells revisions and key counts only. Nothing is
/// changed anywhere.
/// </para>
/// <para>
/// LossAtMost is the snapshot's age. MeasuredLoss ends at the last moment at which the cluster is known to have accepted a write: -OutageStart
/// where given; now, while it has a quorum; else the newest time stamp in the Kubernetes objects that were written since, or the time of the
/// member's files. It is empty where no such moment is known. Kinds and names are read from the stored values, custom resources included; of
/// values that are encrypted at rest the key tells them. Events and leases of the Kubernetes API are not counted among the objects.
/// </para>
/// <para>
/// EstimatedDuration is the median of earlier restores of the cluster, as the journals on this machine tell them, scaled by size (EarlierRestores says
/// of how many); without any it is worked out from sizes alone. What could not be measured is in Findings; what makes a figure incomplete is also written as a warning. A backup from a repository is fetched
/// and unwrapped first: an encrypted one needs -Identity, or an estate that refers to one.
/// </para>
/// </remarks>
/// <example>
/// <para>What would restoring the newest backup destroy?</para>
/// <code>Get-EtcdSnapshot -Repository offsite -Cluster prod -Latest | Measure-RestoreImpact -Cluster prod -Identity ./prod.key</code>
/// </example>
/// <example>
/// <para>See which kinds lose most, and which Secrets by name.</para>
/// <code>$impact = Measure-RestoreImpact ./last-night.db -Cluster prod; $impact.ByKind | Sort-Object Lost -Descending; $impact.Objects | Where-Object Kind -eq Secret</code>
/// </example>
/// <example>
/// <para>The cluster is down: compare with what its members have on their hosts, as the estate names them.</para>
/// <code>Measure-RestoreImpact -Repository offsite -Cluster prod -FromHosts -OutageStart '2026-11-22T14:05:00Z'</code>
/// </example>
/// <example>
/// <para>The cluster is down, and its disks are mounted here.</para>
/// <code>Measure-RestoreImpact ./last-night.db -Cluster prod -DataDirectory /mnt/etcd-1, /mnt/etcd-2 -OutageStart '2026-11-22T14:05:00Z'</code>
/// <para>The directory that reaches furthest is read; -Cluster only names the cluster then.</para>
/// </example>
/// <example>
/// <para>Nothing is left but the repository.</para>
/// <code>Measure-RestoreImpact -Repository offsite -Id prod-20261121T020001Z-c81e -FromManifest -OutageStart '2026-11-22T14:05:00Z'</code>
/// </example>
[Cmdlet(VerbsDiagnostic.Measure, "RestoreImpact", DefaultParameterSetName = ByObject)]
[OutputType(typeof(RestoreImpact))]
public sealed class MeasureRestoreImpactCommand : EtcdClusterCmdlet
{
    private const string ByPath = "Path";
    private const string ByLiteralPath = "LiteralPath";
    private const string ByObject = "InputObject";
    private const string ByRepository = "Repository";

    private DecryptionKeys? _keys;

    /// <summary>Snapshot files; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ByPath)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Snapshot files, taken as they are written: no character is a wildcard.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByLiteralPath)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>A snapshot from Get-EtcdSnapshot or Backup-EtcdSnapshot, a result of Test-EtcdSnapshot, or a file object.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByObject)]
    [ValidateNotNull]
    public SnapshotReference? InputObject { get; set; }

    /// <summary>Take a backup of this repository: a name from the estate, a URI such as s3://bucket/prefix, or a folder.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByRepository)]
    [ArgumentCompleter(typeof(RepositoryNameCompleter))]
    [ValidateNotNull]
    public RepositoryReference? Repository { get; set; }

    /// <summary>The backup's id. Without it the newest backup of the cluster is taken.</summary>
    [Parameter(ParameterSetName = ByRepository)]
    [Alias("Backup")]
    [ValidateNotNullOrEmpty]
    public string? Id { get; set; }

    /// <summary>Data directories of stopped members, instead of a live cluster: the one that reaches furthest is compared. Nothing is written to them.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? DataDirectory { get; set; }

    /// <summary>
    /// The cluster is down: compare with what its members have on their hosts, which the estate names. Databases and logs of remote members are
    /// copied into -SpoolDirectory for as long as they are read.
    /// </summary>
    [Parameter]
    public SwitchParameter FromHosts { get; set; }

    /// <summary>Compare with the newest manifest of the backup's repository, where neither the cluster nor its data can be reached: revisions and key counts only.</summary>
    [Parameter]
    public SwitchParameter FromManifest { get; set; }

    /// <summary>When the outage began: the cluster accepted no write after it. It makes the measured loss exact.</summary>
    [Parameter]
    public DateTimeOffset? OutageStart { get; set; }

    /// <summary>Where Kubernetes keeps its objects: the API servers' --etcd-prefix. The default is /registry; OpenShift has /kubernetes.io and /openshift.io.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] KeyPrefix { get; set; } = [RestoreImpactOptions.DefaultKeyPrefix];

    /// <summary>How many changed objects are listed by name, in the order of their keys; all are counted. The default is 10,000.</summary>
    [Parameter]
    [ValidateRange(0, 1_000_000)]
    public int ObjectLimit { get; set; } = 10_000;

    /// <summary>Files with identities (AGE-SECRET-KEY-1…) that open an encrypted backup. Without them those that the estate refers to are used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Identity { get; set; } = [];

    /// <summary>The passphrase that opens a backup which was encrypted to one.</summary>
    [Parameter]
    public SecureString? Passphrase { get; set; }

    /// <summary>Where the plain snapshot of a backup from a repository, and what -FromHosts copies, is put for as long as it is read. The default is the folder for temporary files.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SpoolDirectory { get; set; }

    /// <inheritdoc/>
    protected override void Begin()
    {
        OutageStartAheadException.Check(OutageStart, TimeProvider.System);
        string?[] states = [DataDirectory is null ? null : nameof(DataDirectory), FromHosts ? nameof(FromHosts) : null, FromManifest ? nameof(FromManifest) : null, Endpoint is null ? null : nameof(Endpoint)];
        if (states.OfType<string>().ToList() is [var first, var second, ..])
        {
            throw new ParametersConflictException(first, $"-{first} and -{second} were both given; each says what the snapshot is compared with.", "Leave one of them out.");
        }
    }

    /// <inheritdoc/>
    protected override void Process()
    {
        switch (ParameterSetName)
        {
            case ByRepository:
                var options = Session.Repository(Repository!);
                Measure(Run((_, token) => BackupAsync(options, Id is null ? null : BackupId.Parse(Id), Cluster?.Name, token)));
                break;
            case ByObject:
                Item(InputObject!.Path, MeasureObject, terminating: !MyInvocation.ExpectingInput);
                break;
            default:
                foreach (var path in ParameterSetName == ByPath ? Path : LiteralPath)
                {
                    Item(path, () => MeasureFiles(path), terminating: !MyInvocation.ExpectingInput && Path.Length + LiteralPath.Length == 1);
                }

                break;
        }
    }

    private void MeasureFiles(string path)
    {
        foreach (var file in ResolveFiles([path], literal: ParameterSetName == ByLiteralPath))
        {
            Measure(SnapshotCatalog.Describe(file));
        }
    }

    private void MeasureObject()
    {
        if (InputObject!.TestResult is { IsValid: false } result)
        {
            throw new SnapshotNotValidException(result.Path, result.Findings);
        }

        Measure(InputObject.Stored ?? SnapshotCatalog.Describe(InputObject.Path));
    }

    private void Measure(EtcdSnapshot snapshot)
    {
        if (snapshot.StoredIn is null || FromManifest)
        {
            Measure(snapshot, path: null);
            return;
        }

        // Kept by the work itself: a pipeline that is stopped right then still removes it.
        FetchedSnapshot? fetched = null;
        try
        {
            var (spool, keys) = (Spool, Keys(snapshot));
            Run(async (output, token) =>
            {
                var clock = System.Diagnostics.Stopwatch.StartNew();
                var progress = output.Progress<long>($"Fetching {snapshot.Name}", done => ProgressState.Bytes(done, snapshot.StoredSize ?? 0, clock.Elapsed));
                fetched = await FetchedSnapshot.FetchAsync(snapshot, keys, spool, progress, token).ConfigureAwait(false);
            });
            Measure(snapshot, fetched!.Path);
        }
        finally
        {
            fetched?.Dispose();
        }
    }

    private void Measure(EtcdSnapshot snapshot, string? path)
    {
        if (!FromHosts)
        {
            Measure(snapshot, path, Present(snapshot), []);
            return;
        }

        // Kept by the work itself: a pipeline that is stopped right then still removes it.
        FetchedMembers? members = null;
        try
        {
            var name = Cluster?.Name ?? snapshot.Cluster
                ?? throw new ParametersConflictException(nameof(FromHosts), "-FromHosts was given, and nothing says which cluster of the estate is meant.", "Name it with -Cluster.");
            var section = Session.Estate.Clusters.GetValueOrDefault(name) ?? throw new ClusterNotFoundException(name, [.. Session.Estate.ClusterNames]);
            if (section.Members.Count == 0)
            {
                throw new ClusterMembersNotKnownException(name);
            }

            var world = new RestoreWorld(Session.Estate, name, Session.Secrets, new RestoreWorldOptions { KeepDirectory = System.IO.Path.GetTempPath() });
            Run(async (output, token) =>
            {
                await using var end = world.ConfigureAwait(false);
                members = await FetchedMembers.FetchAsync(section.Members, world, Spool, output.Steps($"Reading the members of {name}"), token).ConfigureAwait(false);
            });
            Measure(snapshot, path, PresentState.Of(members!.Directories), members.Findings);
        }
        finally
        {
            members?.Dispose();
        }
    }

    private void Measure(EtcdSnapshot snapshot, string? path, PresentState present, IReadOnlyList<ImpactFinding> findings)
    {
        // An endpoint's host is no name that the estate would know.
        var name = Cluster?.Name ?? (Endpoint is null && ClusterName.Length > 0 ? ClusterName : snapshot.Cluster);
        var options = new RestoreImpactOptions
        {
            Cluster = name,
            OutageStart = OutageStart,
            KeyPrefixes = KeyPrefix,
            ObjectLimit = ObjectLimit,
            EarlierRestores = name is null ? [] : EarlierRuns.Read(SessionPaths.Runs(this, null), name).Restores,
            RecoveryTimeObjective = name is null ? null : Section(name)?.Rto,
            // Without members it is not restored by steps that could keep anybody out.
            HasNamedWriters = name is not null && Section(name) is { Members.Count: > 0 } section ? section.Writers.Count > 0 : null,
        };
        var impact = Run((output, token) =>
        {
            var progress = output.Progress<ImpactProgress>($"Comparing {snapshot.Name}", Show);
            return new RestoreImpactMeasurer().MeasureAsync(ImpactSnapshot.Of(snapshot, path), present, options, progress, token);
        });
        impact = impact with { Findings = [.. findings, .. impact.Findings] };
        foreach (var finding in impact.Findings.Where(f => f.Severity >= FindingSeverity.Warning))
        {
            WriteWarning(finding.Text);
        }

        WriteObject(impact);
    }

    private PresentState Present(EtcdSnapshot snapshot)
    {
        if (DataDirectory is not null)
        {
            return PresentState.Of([.. DataDirectory.Select(ResolveDestination)]);
        }

        if (!FromManifest)
        {
            return PresentState.Of(OpenCluster());
        }

        var repository = snapshot.StoredIn
            ?? throw new ParametersConflictException(nameof(FromManifest), $"'{snapshot.Path}' is a file, and -FromManifest is for backups in a repository.", "Give -Repository, or -DataDirectory.");
        return PresentState.Of(Run((_, token) => BackupAsync(repository, id: null, snapshot.Cluster, token)).Manifest!);
    }

    private string? Spool => SpoolDirectory is null ? null : ResolveDestination(SpoolDirectory);

    private ClusterSection? Section(string name) => Session.EstateIfAny?.Clusters.GetValueOrDefault(name);

    private DecryptionKeys Keys(EtcdSnapshot stored)
    {
        _keys ??= DecryptionKeySource.Read(Identity.Select(ResolveDestination), Passphrase);
        return _keys.IsNone && stored.IsEncrypted ? Session.Keys(stored.StoredIn!) : _keys;
    }

    private static ProgressState Show(ImpactProgress progress) => progress.Expected is { } all and > 0
        ? new($"{progress.Keys:N0} of {all:N0} keys", Math.Clamp(100.0 * progress.Keys / all, 0, 100))
        : new($"{progress.Keys:N0} keys");

    // The backup of an id, or the newest one of a cluster.
    private static async Task<EtcdSnapshot> BackupAsync(RepositoryOptions options, BackupId? id, string? cluster, CancellationToken cancellationToken)
    {
        var repository = await SnapshotRepository.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        await using var end = repository.ConfigureAwait(false);
        if (id is { } one)
        {
            return SnapshotCatalog.Describe(await repository.GetAsync(one, cancellationToken).ConfigureAwait(false), repository);
        }

        StoredBackup? newest = null;
        await foreach (var backup in repository.ListAsync(new BackupFilter { Cluster = cluster }, damaged: null, cancellationToken).ConfigureAwait(false))
        {
            newest ??= backup;
            if (cluster is not null)
            {
                break;
            }

            if (backup.Id.Cluster != newest.Id.Cluster)
            {
                throw new ParametersConflictException(nameof(Repository), $"{repository.Store.Location} holds backups of several clusters, and nothing says which one is meant.", "Name the backup with -Id, or the cluster with -Cluster.");
            }
        }

        return newest is null
            ? throw new BackupNotFoundException(cluster ?? "*", repository.Store.Location)
            : SnapshotCatalog.Describe(newest, repository);
    }
}
