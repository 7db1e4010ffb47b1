using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The lease that a key was to be attached to does not exist.</summary>
public sealed class EtcdLeaseNotFoundException : EtcdEndpointException
{
    public EtcdLeaseNotFoundException(Uri endpoint, long lease, Exception? inner = null)
        : base(
              FailureKind.NotFound,
              endpoint,
              $"{Show(endpoint)} knows no lease {lease:x}.",
              "Give the id of a lease that is still alive, or write the key without one.", inner)
    {
        Lease = lease;
    }

    /// <summary>The lease asked for.</summary>
    public long Lease { get; }
}
