using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Restores.Impact;

/// <summary>The keys of a running cluster, all of one revision.</summary>
internal sealed class LivePresent : PresentKeys
{
    private readonly IEtcdCluster _cluster;
    private readonly Uri? _survivor;

    private LivePresent(IEtcdCluster cluster, Uri? survivor)
    {
        _cluster = cluster;
        _survivor = survivor;
    }

    public override ImpactBasis Basis => ImpactBasis.LiveCluster;

    /// <summary>Asks for revision, members and leases; without a quorum, of the member that is furthest.</summary>
    /// <exception cref="RecoveryException">No member answers at all.</exception>
    public static async Task<LivePresent> OpenAsync(IEtcdCluster cluster, CancellationToken cancellationToken)
    {
        var findings = new List<ImpactFinding>();
        Uri? survivor = null;
        long count, revision;
        try
        {
            (count, revision) = await ClusterKeyReader.CountAsync(cluster, EtcdKeyRange.All, cancellationToken).ConfigureAwait(false);
        }
        catch (RecoveryException e) when (e.Kind is FailureKind.Timeout or FailureKind.InvalidState or FailureKind.Unreachable)
        {
            (survivor, count, revision) = await SurvivorAsync(cluster, e, findings, cancellationToken).ConfigureAwait(false);
        }

        var members = await MembersAsync(cluster, findings, cancellationToken).ConfigureAwait(false);
        var present = new LivePresent(cluster, survivor)
        {
            Cluster = cluster.Options.Name,
            Count = count,
            Revision = revision,
            NewestRevision = revision,
            HasQuorum = survivor is null,
            MayHoldMore = survivor is not null,
            Members = [.. members.Select(m => m.Name.Length > 0 ? m.Name : m.IdText)],
            MemberIds = [.. members.Select(m => m.IdText)],
            Leases = await LeasesAsync(cluster, findings, cancellationToken).ConfigureAwait(false),
        };
        present.Findings.AddRange(findings);
        return present;
    }

    // The first page's revision counts for all of them: what is written meanwhile is the next measurement's.
    public override IAsyncEnumerable<EtcdKeyValue> ReadAsync(CancellationToken cancellationToken) =>
        ClusterKeyReader.ReadAsync(_cluster, EtcdKeyRange.All, new KeyReadOptions { Revision = Revision, Survivor = _survivor }, cancellationToken);

    private static async Task<(Uri Survivor, long Count, long Revision)> SurvivorAsync(
        IEtcdCluster cluster, RecoveryException noQuorum, List<ImpactFinding> findings, CancellationToken cancellationToken)
    {
        IReadOnlyList<MemberCandidate> candidates;
        try
        {
            candidates = await MemberChoice.RankAsync(cluster, cancellationToken).ConfigureAwait(false);
        }
        catch (RecoveryException)
        {
            throw noQuorum; // it says what is the matter with the cluster, not with one endpoint
        }

        var best = candidates.MaxBy(c => c.Status.RaftAppliedIndex)!;
        var request = new EtcdRangeRequest(EtcdKeyRange.All) { KeysOnly = true, Limit = 1, Serializable = true, Endpoint = best.Status.Endpoint };
        var page = await cluster.RangeAsync(request, cancellationToken).ConfigureAwait(false);
        findings.Add(new(FindingSeverity.Warning, "NoQuorum",
            $"The cluster has no quorum ({noQuorum.Message.TrimEnd('.')}): the figures are those of {best.Name}, and what only other members have received is not counted."));
        return (best.Status.Endpoint, page.Count, page.Revision);
    }

    private static async Task<IReadOnlyList<EtcdMember>> MembersAsync(IEtcdCluster cluster, List<ImpactFinding> findings, CancellationToken cancellationToken)
    {
        try
        {
            return (await cluster.GetMembersAsync(cancellationToken).ConfigureAwait(false)).Members;
        }
        catch (RecoveryException e)
        {
            findings.Add(new(FindingSeverity.Information, "MembersNotRead", $"The member list could not be read: {e.Message}"));
            return [];
        }
    }

    private static async Task<IReadOnlySet<long>?> LeasesAsync(IEtcdCluster cluster, List<ImpactFinding> findings, CancellationToken cancellationToken)
    {
        try
        {
            return (await cluster.GetLeasesAsync(cancellationToken).ConfigureAwait(false)).ToHashSet();
        }
        catch (RecoveryException e)
        {
            findings.Add(new(FindingSeverity.Warning, "LeasesNotRead", $"The cluster's leases could not be read, so that those that expire are not counted: {e.Message}"));
            return null;
        }
    }
}
