using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The members' data differ: the CORRUPT alarm is raised and requests are refused.</summary>
public sealed class EtcdClusterCorruptException : EtcdEndpointException
{
    public EtcdClusterCorruptException(Uri endpoint, Exception? inner = null)
        : base(
              FailureKind.InvalidData,
              endpoint,
              $"{Show(endpoint)} refuses requests: the CORRUPT alarm is raised, its members' data differ.",
              "Compare the members with Test-EtcdCluster, take a snapshot of a good one, and rebuild the others before the alarm is " +
              "disarmed.", inner)
    {
    }
}
