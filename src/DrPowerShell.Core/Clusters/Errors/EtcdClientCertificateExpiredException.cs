using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The client certificate has expired.</summary>
public sealed class EtcdClientCertificateExpiredException : RecoveryException
{
    public EtcdClientCertificateExpiredException(string subject, EtcdCertificate certificate)
        : base(
              FailureKind.Authentication,
              subject,
              $"The client certificate (subject {certificate.Subject}) expired on {certificate.NotAfter.UtcDateTime:yyyy-MM-dd HH:mm} UTC.",
              "Give a certificate that is still valid with -Certificate and -CertificateKey (kubeadm: kubeadm certs renew " +
              "etcd-healthcheck-client).")
    {
        Certificate = certificate;
    }

    /// <summary>The client certificate.</summary>
    public EtcdCertificate Certificate { get; }
}
