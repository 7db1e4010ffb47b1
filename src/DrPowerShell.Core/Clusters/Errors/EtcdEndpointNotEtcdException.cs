using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>What listens at the endpoint does not speak etcd's client protocol.</summary>
public sealed class EtcdEndpointNotEtcdException : EtcdEndpointException
{
    public EtcdEndpointNotEtcdException(Uri endpoint, string reason, Exception? inner = null)
        : base(
              FailureKind.InvalidInput,
              endpoint,
              $"{Show(endpoint)} answers, but not as an etcd client port: {reason}.",
              "Give the URL of the client port (2379 by default) with -Endpoint.", inner)
    {
    }
}
