using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>A certificate of the server's chain has expired.</summary>
public sealed class EtcdServerCertificateExpiredException : EtcdEndpointException
{
    public EtcdServerCertificateExpiredException(Uri endpoint, EtcdCertificate certificate)
        : base(
              FailureKind.Security,
              endpoint,
              $"The certificate of {Show(endpoint)} (subject {certificate.Subject}) expired on " +
              $"{certificate.NotAfter.UtcDateTime:yyyy-MM-dd HH:mm} UTC.",
              "Renew the certificate on that member (kubeadm: kubeadm certs renew etcd-server) and restart it, or name another " +
              "member with -Endpoint.")
    {
        Certificate = certificate;
    }

    /// <summary>The certificate that has expired.</summary>
    public EtcdCertificate Certificate { get; }
}
