using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Restores.Assessing;

/// <summary>What the cluster answers while it is assessed.</summary>
/// <param name="HasQuorum">Whether a read through the quorum succeeds.</param>
/// <param name="Members">The member list as those who answer know it; empty where nobody does.</param>
/// <param name="Problem">Why nobody answers, or why there is no quorum.</param>
/// <param name="ClusterId">The cluster's id in hex; null where nobody answers.</param>
internal sealed record LiveView(bool HasQuorum, IReadOnlyList<EtcdMemberInfo> Members, string? Problem, string? ClusterId = null)
{
    /// <summary>Those that answer and hold data of their own.</summary>
    public IReadOnlyList<EtcdMemberInfo> Answering { get; } = [.. Members.Where(member => member.IsReachable)];

    public long Revision => Answering.Count == 0 ? 0 : Answering.Max(member => member.Revision);

    /// <summary>The version of the oldest server that answers, major.minor; null where nobody does.</summary>
    public string? Version => Answering.Select(member => member.Version).OfType<string>().Select(text => System.Version.TryParse(text, out var version) ? version : null)
        .Where(version => version is not null).Min()?.ToString(2);

    public static async Task<LiveView> LookAsync(IRestoreWorld world, EtcdConnectionOptions connection, CancellationToken cancellationToken)
    {
        try
        {
            var cluster = await world.Etcd.ConnectAsync(connection, cancellationToken).ConfigureAwait(false);
            await using var end = cluster.ConfigureAwait(false);
            var info = await ClusterSurveyor.SurveyAsync(cluster, cancellationToken).ConfigureAwait(false);
            var problem = await ClusterHealthCheck.QuorumProblemAsync(cluster, cancellationToken).ConfigureAwait(false);
            return new LiveView(problem is null, info.Members, problem, info.ClusterId);
        }
        catch (RecoveryException e)
        {
            return new LiveView(false, [], e.Message);
        }
    }
}
