using System.Globalization;
using System.Management.Automation;
using DrPowerShell.Core.Backups;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Raft;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Snapshots;

namespace DrPowerShell.Module.Commands;

/// <summary>Builds the data directory of a new cluster's member from a snapshot, or those of all members at once.</summary>
/// <remarks>
/// <para>
/// The result is what etcdutl snapshot restore makes: start etcd on it with the same --name, --initial-cluster, --initial-cluster-token and
/// peer URLs. The directory is built under a temporary name beside the target and renamed at the end, so that the target is absent or
/// complete, whatever happens; a target that exists must be empty. Owner, group, mode and SELinux label are those of the directory that was
/// there, or given. In a mount point the directory 'member' is built and renamed.
/// </para>
/// <para>
/// The snapshot's SHA-256 is checked on the way. With '{member}' in -DataDirectory every member of -InitialCluster is restored from one read.
/// Clients that watched the old cluster wait in silence after a restore unless the revision is raised: -BumpRevision does so, and marks what
/// came before as compacted, so that they are told. No etcdutl is needed, and nothing is started or stopped here.
/// </para>
/// </remarks>
/// <example>
/// <para>Restore a cluster of one member.</para>
/// <code>Restore-EtcdSnapshot ./now.db -DataDirectory /var/lib/etcd</code>
/// <para>Name, URL and token are etcd's own defaults then.</para>
/// </example>
/// <example>
/// <para>Restore three members at once, for clients that must notice.</para>
/// <code>Restore-EtcdSnapshot ./now.db -DataDirectory '/srv/restore/{member}.etcd' -InitialCluster 'm1=https://10.0.0.1:2380,m2=https://10.0.0.2:2380,m3=https://10.0.0.3:2380' -ClusterToken prod-2 -BumpRevision Auto</code>
/// </example>
/// <example>
/// <para>Restore the newest backup of a cluster straight from a repository.</para>
/// <code>Get-EtcdSnapshot -Repository offsite -Cluster prod -Latest | Restore-EtcdSnapshot -DataDirectory /var/lib/etcd -Identity ./prod.key</code>
/// <para>It is fetched, decrypted, decompressed and checked first; where the estate names trusted signers, one of them must have signed it.</para>
/// </example>
/// <example>
/// <para>Restore from the database of a stopped member, densely.</para>
/// <code>Restore-EtcdSnapshot /srv/old/member/snap/db -SkipDigest -Compact -DataDirectory /var/lib/etcd -Name m1 -InitialCluster 'm1=https://10.0.0.1:2380'</code>
/// <para>The file is verified to Full first, as it has no digest.</para>
/// </example>
[Cmdlet(VerbsData.Restore, "EtcdSnapshot", DefaultParameterSetName = ByObject, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(RestoredMember))]
public sealed class RestoreEtcdSnapshotCommand : StoredSourceCmdlet
{
    private const string MemberPlaceholder = "{member}";

    /// <summary>The data directory to build, absent or empty. '{member}' stands for a member's name and restores every member of -InitialCluster.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string DataDirectory { get; set; } = "";

    /// <summary>The member's name, as etcd's --name. It may be left out where -InitialCluster names one member. The default is 'default'.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>All members with their peer URLs, as etcd's --initial-cluster. The default is 'NAME=http://localhost:2380'.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? InitialCluster { get; set; }

    /// <summary>The cluster's token, as etcd's --initial-cluster-token: clusters of different tokens never mix. The default is etcd-cluster.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string ClusterToken { get; set; } = ClusterTopology.DefaultToken;

    /// <summary>The names of members that are learners, without a vote.</summary>
    [Parameter]
    public string[] Learner { get; set; } = [];

    /// <summary>
    /// Raise the revision by so many, or by Auto: by what clients may have seen (-NewestRevision or -FormerDataDirectory) and a margin, or by
    /// 1,000,000,000 where nothing is known. Without it the revision stays as it was in the snapshot.
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(Completion.BumpCompleter))]
    public BumpAmount? BumpRevision { get; set; }

    /// <summary>The newest revision that clients may have seen, for -BumpRevision Auto.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? NewestRevision { get; set; }

    /// <summary>The data directory of a stopped member of the old cluster: its database and WAL tell what clients may have seen, for -BumpRevision Auto.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? FormerDataDirectory { get; set; }

    /// <summary>Write only what is in use, densely: the restored database needs no defragmentation.</summary>
    [Parameter]
    public SwitchParameter Compact { get; set; }

    /// <summary>Accept a file without a SHA-256, such as the member/snap/db of a stopped member.</summary>
    [Parameter]
    public SwitchParameter SkipDigest { get; set; }

    /// <summary>Leave out the alarms that were raised when the snapshot was taken: a NOSPACE alarm would keep the restored cluster read-only.</summary>
    [Parameter]
    public SwitchParameter ClearAlarms { get; set; }

    /// <summary>Leave out a downgrade that was under way when the snapshot was taken: another version of etcd 3.5 would refuse to start.</summary>
    [Parameter]
    public SwitchParameter ClearDowngrade { get; set; }

    /// <summary>The etcd that will run on it, such as 3.5: what it would refuse or die of is refused here, before anything is written.</summary>
    [Parameter]
    public Version? EtcdVersion { get; set; }

    /// <summary>The owner of the data directory: a name or a number. The default is the owner of the directory that is there, else this user.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Owner { get; set; }

    /// <summary>The group of the data directory: a name or a number.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Group { get; set; }

    /// <summary>The mode of the data directory in octal, such as 0750. The default is that of the directory that is there, else 0700, as etcd makes it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Mode { get; set; }

    /// <summary>The SELinux label of the data directory and all in it. The default is that of the directory that is there.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SELinuxLabel { get; set; }

    /// <inheritdoc/>
    protected override void Process() => Item(InputObject?.Path, Restore, terminating: !MyInvocation.ExpectingInput);

    private void Restore()
    {
        RefuseInvalid();
        var topology = Topology();
        var targets = Targets(topology);
        var where = string.Join(", ", targets.Select(t => t.DataDirectory));
        if (Stored is { } stored)
        {
            if (ShouldProcess(where, $"Restore {stored.Name}"))
            {
                WithFile(source => Restore(source, Options(source, topology, targets)));
            }

            return;
        }

        var file = SourceFile();
        var options = Options(file, topology, targets);
        if (ShouldProcess(where, $"Restore {System.IO.Path.GetFileName(file)}"))
        {
            Restore(file, options);
        }
    }

    private void Restore(string source, RestoreOptions options)
    {
        // For the progress alone: what is no file is told by the reader.
        var size = File.Exists(source) ? new FileInfo(source).Length : 0;
        var restored = Run((output, token) =>
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var progress = output.Progress<long>($"Restoring {System.IO.Path.GetFileName(source)}", done => ProgressState.Bytes(done, size, clock.Elapsed));
            return new SnapshotRestorer().RestoreAsync(source, options, progress, token);
        });
        WriteObject(restored, enumerateCollection: true);
    }

    private RestoreOptions Options(string source, ClusterTopology topology, List<RestoreTarget> targets) => new()
    {
        Topology = topology,
        Targets = targets,
        RevisionBump = Bump(source),
        Compact = Compact,
        SkipDigest = SkipDigest,
        ClearAlarms = ClearAlarms,
        ClearDowngrade = ClearDowngrade,
        TargetVersion = EtcdVersion,
        Ownership = FileOwnership.Parse(Owner, Group, Mode, SELinuxLabel),
    };

    private ClusterTopology Topology()
    {
        var single = Name ?? "default";
        return ClusterTopology.Parse(InitialCluster ?? $"{single}=http://localhost:2380", ClusterToken, Learner);
    }

    private List<RestoreTarget> Targets(ClusterTopology topology)
    {
        if (DataDirectory.Contains(MemberPlaceholder, StringComparison.OrdinalIgnoreCase))
        {
            if (Name is not null)
            {
                throw new ParametersConflictException(nameof(Name), "-Name was given although '{member}' in -DataDirectory restores every member.", "Leave one of them out.");
            }

            // The topology has etcd's order, by id; people count by name.
            return [.. topology.Members.OrderBy(m => m.Name, StringComparer.Ordinal).Select(m => new RestoreTarget(m.Name, ResolveDestination(DataDirectory.Replace(MemberPlaceholder, m.Name, StringComparison.OrdinalIgnoreCase))))];
        }

        if (Name is null && topology.Members.Count > 1)
        {
            throw new ParametersConflictException(
                nameof(Name),
                string.Create(CultureInfo.InvariantCulture, $"-InitialCluster names {topology.Members.Count} members, and nothing says which of them is restored."),
                "Add -Name, or put '{member}' into -DataDirectory to restore all of them.");
        }

        return [new RestoreTarget(Name ?? topology.Members[0].Name, ResolveDestination(DataDirectory))];
    }

    private long Bump(string source)
    {
        if (BumpRevision is not { IsAuto: true })
        {
            var lone = NewestRevision is not null ? nameof(NewestRevision) : FormerDataDirectory is not null ? nameof(FormerDataDirectory) : null;
            return lone is null
                ? BumpRevision?.Revisions ?? 0
                : throw new ParametersConflictException(lone, $"-{lone} was given without -BumpRevision Auto, which it is for.", "Add -BumpRevision Auto.");
        }

        var newest = NewestRevision;
        if (FormerDataDirectory is not null)
        {
            var former = ResolveDestination(FormerDataDirectory);
            newest = Math.Max(newest ?? 0, Run((_, token) => Task.FromResult(RevisionBump.NewestRevisionOf(former, token))));
        }

        var revision = SnapshotCatalog.Describe(source).Revision;
        var bump = RevisionBump.Auto(revision, newest);
        WriteVerbose(newest is null
            ? string.Create(CultureInfo.InvariantCulture, $"Nothing is known of what clients have seen: the revision rises by {bump:N0}.")
            : string.Create(CultureInfo.InvariantCulture, $"Clients may have seen revision {newest:N0}, the snapshot is at {revision:N0}: the revision rises by {bump:N0}."));
        return bump;
    }
}
