using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The server asks for a client certificate and none was given.</summary>
public sealed class EtcdClientCertificateRequiredException : EtcdEndpointException
{
    public EtcdClientCertificateRequiredException(Uri endpoint, Exception? inner = null)
        : base(
              FailureKind.Authentication,
              endpoint,
              $"{Show(endpoint)} closed the connection during the TLS handshake: it asks for a client certificate and none was given.",
              "Add -Certificate and -CertificateKey (PEM files that the cluster's CA signed).", inner)
    {
    }
}
