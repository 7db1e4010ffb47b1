using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The cluster has no leader, so that it can neither take writes nor answer reads that need a quorum.</summary>
public sealed class EtcdNoLeaderException : EtcdEndpointException
{
    public EtcdNoLeaderException(Uri endpoint, Exception? inner = null)
        : base(
              FailureKind.InvalidState,
              endpoint,
              $"{Show(endpoint)} answers, but its cluster has no leader: fewer than half of the members plus one are up and connected.",
              "Bring back enough members for a quorum, or recover the cluster from a snapshot: a member without quorum still serves " +
              "Backup-EtcdSnapshot.", inner)
    {
    }
}
