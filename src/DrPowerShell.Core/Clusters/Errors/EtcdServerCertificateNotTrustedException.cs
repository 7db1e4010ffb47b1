using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The server's certificate was not signed by a trusted authority.</summary>
public sealed class EtcdServerCertificateNotTrustedException : EtcdEndpointException
{
    public EtcdServerCertificateNotTrustedException(Uri endpoint, EtcdCertificate certificate, string reason)
        : base(
              FailureKind.Security,
              endpoint,
              $"The certificate of {Show(endpoint)} (subject {certificate.Subject}, issuer {certificate.Issuer}) is not trusted: {reason}.",
              "Give the PEM file of the CA that signed it with -CACertificate (kubeadm: /etc/kubernetes/pki/etcd/ca.crt).")
    {
        Certificate = certificate;
    }

    /// <summary>The certificate that the server presented.</summary>
    public EtcdCertificate Certificate { get; }
}
