using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The revision asked for lies in the future.</summary>
public sealed class EtcdRevisionNotReachedException : EtcdEndpointException
{
    public EtcdRevisionNotReachedException(Uri endpoint, long revision, Exception? inner = null)
        : base(
              FailureKind.InvalidInput,
              endpoint,
              $"Revision {revision} does not exist yet at {Show(endpoint)}.",
              "Give a -Revision that is not above the cluster's current one (Get-EtcdCluster shows it).", inner)
    {
        Revision = revision;
    }

    /// <summary>The revision asked for.</summary>
    public long Revision { get; }
}
