using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The server refused the client certificate that was given.</summary>
public sealed class EtcdClientCertificateRejectedException : EtcdEndpointException
{
    public EtcdClientCertificateRejectedException(Uri endpoint, EtcdCertificate certificate, string reason, Exception? inner = null)
        : base(
              FailureKind.Authentication,
              endpoint,
              $"{Show(endpoint)} refused the client certificate (subject {certificate.Subject}, issuer {certificate.Issuer}): {reason}.",
              "Give a certificate with -Certificate and -CertificateKey that the CA of the server's --trusted-ca-file signed, with " +
              "client authentication among its uses.", inner)
    {
        Certificate = certificate;
    }

    /// <summary>The client certificate that was refused.</summary>
    public EtcdCertificate Certificate { get; }
}
