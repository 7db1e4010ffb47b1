using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The member took the request and did not answer within the time allowed.</summary>
public sealed class EtcdRequestTimedOutException : EtcdEndpointException
{
    public EtcdRequestTimedOutException(Uri endpoint, string act, TimeSpan timeout, Exception? inner = null)
        : base(
              FailureKind.Timeout,
              endpoint,
              $"{Show(endpoint)} did not answer the request to {act} within {timeout.TotalSeconds:0.###} s.",
              "The member is overloaded, stopped or cut off from the others: look at its log and its disk, allow more time with -Timeout, " +
              "or name another member with -Endpoint.", inner)
    {
        Timeout = timeout;
    }

    /// <summary>The time that was allowed.</summary>
    public TimeSpan Timeout { get; }
}
