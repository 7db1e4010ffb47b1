using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>Nothing takes connections at the endpoint: refused, no route, no such host, no answer, or the connection was lost.</summary>
public sealed class EtcdEndpointUnreachableException : EtcdEndpointException
{
    public EtcdEndpointUnreachableException(Uri endpoint, string reason, Exception? inner = null)
        : base(
              FailureKind.Unreachable,
              endpoint,
              $"{Show(endpoint)} cannot be reached: {reason}.",
              "Check that etcd runs there and that the port is its client port (2379 by default), or name another member with " +
              "-Endpoint.", inner)
    {
        Reason = reason;
    }

    /// <summary>What the system said, as part of a sentence.</summary>
    public string Reason { get; }
}
