using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Clusters;

/// <summary>
/// Tests a live cluster: members reachable, quorum, leader agreed on, members in step, alarms, size against quota, fragmentation, key spaces
/// equal, certificates. Reads only.
/// </summary>
public sealed class ClusterHealthCheck(TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Measures everything and tells all findings, not only the first.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="options">From where on to speak up.</param>
    /// <param name="steps">Told of each step.</param>
    /// <param name="cancellationToken">Stops the test.</param>
    /// <exception cref="RecoveryException">No member at all gave the member list.</exception>
    public async Task<EtcdClusterTestResult> RunAsync(
        IEtcdCluster cluster, ClusterHealthOptions options, IProgress<string>? steps, CancellationToken cancellationToken)
    {
        var (tested, began) = (_time.GetUtcNow(), _time.GetTimestamp());
        steps?.Report("Asking every member for its state.");
        var info = await ClusterSurveyor.SurveyAsync(cluster, cancellationToken).ConfigureAwait(false);
        var findings = new List<EtcdClusterFinding>();

        steps?.Report("Reading through the quorum.");
        var noQuorum = await QuorumProblemAsync(cluster, cancellationToken).ConfigureAwait(false);
        Voting(info, noQuorum, findings);

        steps?.Report("Looking at certificates.");
        var (members, clientExpires) = await new CertificateCheck(cluster, options, tested).RunAsync(info.Members, findings, cancellationToken).ConfigureAwait(false);
        MemberChecks.Run(members, options, findings);

        var hashes = new HashComparison(null, 0);
        if (options.CompareHashes)
        {
            steps?.Report("Comparing the members' key spaces.");
            hashes = await HashComparison.RunAsync(cluster, members, findings, cancellationToken).ConfigureAwait(false);
        }

        return new EtcdClusterTestResult
        {
            Name = info.Name,
            ClusterId = info.ClusterId,
            HasQuorum = noQuorum is null,
            Leader = info.Leader,
            Revision = info.Revision,
            HashEqual = hashes.Equal,
            HashRevision = hashes.Revision,
            Findings = [.. findings.OrderByDescending(finding => finding.Severity)],
            Members = members,
            ClientCertificateExpires = clientExpires,
            Tested = tested,
            Duration = _time.GetElapsedTime(began),
        };
    }

    internal static async Task<string?> QuorumProblemAsync(IEtcdCluster cluster, CancellationToken cancellationToken)
    {
        try
        {
            // The key that etcdctl's own health check reads; that it may be missing does not matter.
            await cluster.RangeAsync(new(EtcdKeyRange.Single("health")) { Limit = 1, KeysOnly = true }, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (e is EtcdPermissionDeniedException or EtcdUserNameRequiredException)
        {
            // etcd asks the quorum first and the permissions then.
            return null;
        }
        catch (RecoveryException e)
        {
            return e.Message;
        }
    }

    private static void Voting(EtcdClusterInfo info, string? noQuorum, List<EtcdClusterFinding> findings)
    {
        var voters = info.Members.Count(member => !member.IsLearner);
        var needed = (voters / 2) + 1;
        if (noQuorum is not null)
        {
            var up = info.Members.Count(member => member is { IsLearner: false, IsReachable: true });
            findings.Add(Error("NoQuorum", $"A read through the quorum failed: {noQuorum} {up} of {voters} voting members answer, {needed} are needed. "
                + "Bring members back; take a snapshot from one that answers first. Where a majority is lost for good, restore from a snapshot."));
        }

        var leaders = info.Members.Where(member => member.IsReachable).Select(member => member.LeaderId).Distinct(StringComparer.Ordinal).ToArray();
        if (leaders is [null])
        {
            findings.Add(Error("NoLeader", "No member knows a leader. Look at the members' logs and at the network between their peer URLs."));
        }
        else if (leaders.Length > 1)
        {
            var views = info.Members.Where(member => member.IsReachable).Select(member => $"{member} says {NameOf(info, member.LeaderId)}");
            findings.Add(Error("LeaderDisagreed",
                $"The members do not agree on the leader: {string.Join(", ", views)}. Test again; where it stays so, look at the network between the peer URLs."));
        }

        if (voters == 1)
        {
            findings.Add(new()
            {
                Severity = FindingSeverity.Information,
                Code = "SingleMember",
                Text = "The cluster has one voting member: no failure is survived without a restore.",
            });
        }
    }

    private static string NameOf(EtcdClusterInfo info, string? id) =>
        id is null ? "none" : Array.Find(info.Members, member => string.Equals(member.Id, id, StringComparison.Ordinal))?.ToString() ?? id;

    private static EtcdClusterFinding Error(string code, string text) => new() { Severity = FindingSeverity.Error, Code = code, Text = text };
}
