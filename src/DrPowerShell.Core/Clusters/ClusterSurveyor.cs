using System.Globalization;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters;

/// <summary>Asks a cluster for its members, and each member for its own state.</summary>
public static class ClusterSurveyor
{
    /// <summary>Describes the cluster; a member that does not answer is part of the answer, with the reason.</summary>
    /// <exception cref="RecoveryException">No member at all gave the member list.</exception>
    public static async Task<EtcdClusterInfo> SurveyAsync(IEtcdCluster cluster, CancellationToken cancellationToken)
    {
        // The endpoints the user gave come first: the URLs that members advertise need not be reachable from here.
        var given = cluster.Options.Endpoints;
        var asked = Task.WhenAll(given.Select(endpoint => AskAsync(cluster, endpoint, cancellationToken)));
        var listed = cluster.GetMembersAsync(cancellationToken);
        await Task.WhenAll(asked, listed).ConfigureAwait(false);
        var (answers, list) = (await asked.ConfigureAwait(false), await listed.ConfigureAwait(false));
        var alarms = await AlarmsAsync(cluster, cancellationToken).ConfigureAwait(false);

        var members = await Task.WhenAll(list.Members.Select(async member =>
        {
            var answer = await AnswerOfAsync(cluster, member, answers, cancellationToken).ConfigureAwait(false);
            return Describe(member, answer, [.. alarms.Where(alarm => alarm.MemberId == member.Id).Select(alarm => alarm.Kind)]);
        })).ConfigureAwait(false);

        var reachable = members.Where(member => member.IsReachable).ToArray();
        return new EtcdClusterInfo
        {
            Name = cluster.Options.Name ?? given[0].Host,
            ClusterId = Hex(list.ClusterId),
            Version = reachable.Select(member => member.Version!).OrderBy(Sortable).FirstOrDefault() ?? "",
            Leader = Array.Find(members, member => member.Role == EtcdMemberRole.Leader)?.ToString() ?? LeaderByVote(members),
            Revision = reachable.Select(member => member.Revision).DefaultIfEmpty().Max(),
            Members = [.. members.OrderBy(member => member.Name, StringComparer.OrdinalIgnoreCase).ThenBy(member => member.Id, StringComparer.Ordinal)],
        };
    }

    internal static string Hex(ulong id) => id.ToString("x", CultureInfo.InvariantCulture);

    private static async Task<Answer> AskAsync(IEtcdCluster cluster, Uri endpoint, CancellationToken cancellationToken)
    {
        try
        {
            return new(endpoint, await cluster.GetStatusAsync(endpoint, cancellationToken).ConfigureAwait(false), null);
        }
        catch (RecoveryException e)
        {
            return new(endpoint, null, e.Message);
        }
    }

    private static async Task<Answer> AnswerOfAsync(IEtcdCluster cluster, EtcdMember member, Answer[] answers, CancellationToken cancellationToken)
    {
        if (Array.Find(answers, answer => answer.Status?.MemberId == member.Id) is { Endpoint: not null } known)
        {
            return known;
        }

        var last = new Answer(null, null, member.Name.Length == 0 ? "It has been added to the member list and has never started." : "It advertises no client URL.");
        foreach (var url in member.ClientUrls)
        {
            var tried = Array.Find(answers, answer => answer.Endpoint == url);
            last = tried.Endpoint is null ? await AskAsync(cluster, url, cancellationToken).ConfigureAwait(false) : tried;
            if (last.Status is { } status)
            {
                if (status.MemberId == member.Id)
                {
                    return last;
                }

                last = new(url, null, $"At {url.Authority} the member {Hex(status.MemberId)} answers, not this one.");
            }
        }

        return last;
    }

    private static async Task<IReadOnlyList<EtcdAlarm>> AlarmsAsync(IEtcdCluster cluster, CancellationToken cancellationToken)
    {
        try
        {
            return await cluster.GetAlarmsAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RecoveryException)
        {
            // Alarms go through consensus: a cluster without a quorum has no answer, and its members are still worth describing.
            return [];
        }
    }

    private static EtcdMemberInfo Describe(EtcdMember member, Answer answer, EtcdAlarmKind[] alarms)
    {
        var info = new EtcdMemberInfo
        {
            Name = member.Name,
            Id = member.IdText,
            IsLearner = member.IsLearner,
            Endpoint = answer.Endpoint,
            ClientUrls = [.. member.ClientUrls],
            PeerUrls = [.. member.PeerUrls],
            Error = answer.Error,
            Alarms = alarms,
        };
        if (answer.Status is not { } status)
        {
            return info;
        }

        return info with
        {
            IsReachable = true,
            Role = status.IsLearner ? EtcdMemberRole.Learner : status.IsLeader ? EtcdMemberRole.Leader : EtcdMemberRole.Follower,
            Error = status.Errors.Count > 0 ? string.Join("; ", status.Errors) : null,
            Version = status.Version,
            LeaderId = status.LeaderId == 0 ? null : Hex(status.LeaderId),
            Revision = status.Revision,
            RaftTerm = status.RaftTerm,
            RaftIndex = status.RaftIndex,
            RaftAppliedIndex = status.RaftAppliedIndex,
            DbSize = status.DbSize,
            DbSizeInUse = status.DbSizeInUse,
            DbSizeQuota = status.DbSizeQuota,
        };
    }

    // The leader itself may not answer us and still lead the rest.
    private static string? LeaderByVote(EtcdMemberInfo[] members)
    {
        var id = members.Select(member => member.LeaderId).OfType<string>().FirstOrDefault();
        return Array.Find(members, member => string.Equals(member.Id, id, StringComparison.Ordinal))?.ToString();
    }

    private static Version Sortable(string version) => System.Version.TryParse(version.Split('-', '+')[0], out var parsed) ? parsed : new Version(0, 0);

    private readonly record struct Answer(Uri? Endpoint, EtcdEndpointStatus? Status, string? Error);
}
