using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>An https URL was given for a port that speaks plain HTTP/2.</summary>
public sealed class EtcdEndpointNotTlsException : EtcdEndpointException
{
    public EtcdEndpointNotTlsException(Uri endpoint, Exception? inner = null)
        : base(
              FailureKind.InvalidInput,
              endpoint,
              $"{Show(endpoint)} does not speak TLS and was addressed with https.",
              "Write http instead of https in -Endpoint if this cluster is meant to run without TLS.", inner)
    {
    }
}
