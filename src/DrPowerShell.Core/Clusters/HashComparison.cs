using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Clusters;

/// <summary>Whether the members' key spaces are equal at one revision.</summary>
/// <param name="Equal">Null where fewer than two members could be compared.</param>
/// <param name="Revision">The revision they were compared at; 0 where they were not.</param>
internal sealed record HashComparison(bool? Equal, long Revision)
{
    // Hashes are comparable between members of equal compacted revision only, and a compaction may come in between: then it is done again.
    private const int Tries = 5;

    public static async Task<HashComparison> RunAsync(
        IEtcdCluster cluster, EtcdMemberInfo[] members, List<EtcdClusterFinding> findings, CancellationToken cancellationToken)
    {
        // A learner does not answer this request.
        var asked = members.Where(member => member is { IsReachable: true, IsLearner: false, Endpoint: not null }).ToArray();
        if (asked.Length < 2)
        {
            return new(null, 0);
        }

        string? reason = null;
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            try
            {
                var hashes = await AskAsync(cluster, asked, cancellationToken).ConfigureAwait(false);
                if (hashes.Select(hash => (hash.CompactRevision, hash.Revision)).Distinct().Count() == 1)
                {
                    return Compare(asked, hashes, findings);
                }

                reason = "the members compacted at different revisions while they were asked.";
            }
            catch (Exception e) when (e is EtcdRevisionCompactedException or EtcdRevisionNotReachedException)
            {
                reason = e.Message;
            }
            catch (RecoveryException e)
            {
                reason = e.Message;
                break;
            }
        }

        findings.Add(new()
        {
            Severity = FindingSeverity.Warning,
            Code = "HashNotCompared",
            Text = $"The members' key spaces could not be compared: {reason} Test again.",
        });
        return new(null, 0);
    }

    private static async Task<EtcdHashKv[]> AskAsync(IEtcdCluster cluster, EtcdMemberInfo[] asked, CancellationToken cancellationToken)
    {
        // The oldest of their newest revisions: every one of them has it.
        var statuses = await Task.WhenAll(asked.Select(member => cluster.GetStatusAsync(member.Endpoint!, cancellationToken))).ConfigureAwait(false);
        var revision = statuses.Min(status => status.Revision);
        return await Task.WhenAll(asked.Select(member => cluster.GetHashKvAsync(member.Endpoint!, revision, cancellationToken))).ConfigureAwait(false);
    }

    private static HashComparison Compare(EtcdMemberInfo[] asked, EtcdHashKv[] hashes, List<EtcdClusterFinding> findings)
    {
        var groups = asked.Zip(hashes).GroupBy(pair => pair.Second.Hash).ToArray();
        if (groups.Length > 1)
        {
            var parts = groups.OrderByDescending(group => group.Count())
                .Select(group => $"{string.Join(", ", group.Select(pair => pair.First))}: {group.Key:x8}");
            findings.Add(new()
            {
                Severity = FindingSeverity.Error,
                Code = "HashMismatch",
                Text = $"The key spaces differ at revision {hashes[0].Revision} ({string.Join("; ", parts)}). "
                    + "Take a snapshot of each side before anything else, then replace the members in the minority.",
            });
        }

        return new(groups.Length == 1, hashes[0].Revision);
    }
}
