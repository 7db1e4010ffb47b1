using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Backups;

/// <summary>A member that a snapshot can be taken from, and why it stands where it stands in the order.</summary>
/// <param name="Status">What it answered.</param>
/// <param name="Name">Its name, or its endpoint where the member list is not to be had.</param>
/// <param name="Behind">How many raft entries it has applied less than the best one.</param>
/// <param name="Reason">A phrase such as "healthy, not the leader, 0 entries behind".</param>
public sealed record MemberCandidate(EtcdEndpointStatus Status, string Name, ulong Behind, string Reason);

/// <summary>Orders the members of a cluster by how well a snapshot is taken from them: the leader has other work, and a lagging one is old.</summary>
public static class MemberChoice
{
    // A busy follower is some entries behind at any moment; beyond this it is slow, cut off or catching up, and the leader's snapshot is worth more.
    private const ulong FarBehind = 1000;

    /// <summary>Asks every endpoint for its status and orders those that answer, the best first.</summary>
    /// <exception cref="RecoveryException">None answers: the first endpoint's own error.</exception>
    public static async Task<IReadOnlyList<MemberCandidate>> RankAsync(IEtcdCluster cluster, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(cluster.Options.Endpoints.Select(e => AskAsync(cluster, e, cancellationToken))).ConfigureAwait(false);
        // Two endpoints may be two names of one member.
        var statuses = answers.Where(a => a.Status is not null).Select(a => a.Status!).DistinctBy(s => s.MemberId).ToList();
        if (statuses.Count == 0)
        {
            throw answers.Select(a => a.Error).First(e => e is not null)!;
        }

        var names = await NamesAsync(cluster, cancellationToken).ConfigureAwait(false);
        var alarms = await CorruptAsync(cluster, cancellationToken).ConfigureAwait(false);
        var applied = statuses.Max(s => s.RaftAppliedIndex);
        return [.. statuses
            .OrderBy(s => alarms.Contains(s.MemberId))
            .ThenBy(s => s.IsLearner)
            .ThenBy(s => s.LeaderId == 0)
            .ThenBy(s => applied - s.RaftAppliedIndex > FarBehind)
            .ThenBy(s => s.IsLeader && statuses.Count > 1)
            .ThenByDescending(s => s.RaftAppliedIndex)
            .Select(s => new MemberCandidate(s, names.GetValueOrDefault(s.MemberId) ?? Show(s.Endpoint), applied - s.RaftAppliedIndex, Reason(s, alarms, applied)))];
    }

    private static string Reason(EtcdEndpointStatus status, HashSet<ulong> corrupt, ulong applied)
    {
        var health = corrupt.Contains(status.MemberId) ? "reported as corrupt" : status.LeaderId == 0 ? "without a leader" : "healthy";
        var role = status.IsLearner ? "a learner" : status.IsLeader ? "the leader" : "not the leader";
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{health}, {role}, {applied - status.RaftAppliedIndex:N0} entries behind");
    }

    private static async Task<(EtcdEndpointStatus? Status, RecoveryException? Error)> AskAsync(IEtcdCluster cluster, Uri endpoint, CancellationToken cancellationToken)
    {
        try
        {
            return (await cluster.GetStatusAsync(endpoint, cancellationToken).ConfigureAwait(false), null);
        }
        catch (RecoveryException e)
        {
            return (null, e);
        }
    }

    private static async Task<Dictionary<ulong, string>> NamesAsync(IEtcdCluster cluster, CancellationToken cancellationToken)
    {
        try
        {
            var list = await cluster.GetMembersAsync(cancellationToken).ConfigureAwait(false);
            return list.Members.Where(m => m.Name.Length > 0).ToDictionary(m => m.Id, m => m.Name);
        }
        catch (RecoveryException)
        {
            // A cluster without quorum may not tell its members; the endpoints' own names do.
            return [];
        }
    }

    private static async Task<HashSet<ulong>> CorruptAsync(IEtcdCluster cluster, CancellationToken cancellationToken)
    {
        try
        {
            var alarms = await cluster.GetAlarmsAsync(cancellationToken).ConfigureAwait(false);
            return [.. alarms.Where(a => a.Kind == EtcdAlarmKind.Corrupt).Select(a => a.MemberId)];
        }
        catch (RecoveryException)
        {
            return [];
        }
    }

    private static string Show(Uri endpoint) => endpoint.GetLeftPart(UriPartial.Authority);
}
