using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The TLS handshake failed for a reason that is neither side's certificate.</summary>
public sealed class EtcdTlsHandshakeFailedException : EtcdEndpointException
{
    public EtcdTlsHandshakeFailedException(Uri endpoint, string reason, Exception? inner = null)
        : base(
              FailureKind.Security,
              endpoint,
              $"The TLS handshake with {Show(endpoint)} failed: {reason}.",
              "Compare the TLS versions and cipher suites that the server allows (--tls-min-version, --cipher-suites) with those of " +
              "this machine.", inner)
    {
    }
}
