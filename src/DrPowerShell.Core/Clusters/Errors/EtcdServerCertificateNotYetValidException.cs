using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>A certificate of the server's chain is not valid yet.</summary>
public sealed class EtcdServerCertificateNotYetValidException : EtcdEndpointException
{
    public EtcdServerCertificateNotYetValidException(Uri endpoint, EtcdCertificate certificate)
        : base(
              FailureKind.Security,
              endpoint,
              $"The certificate of {Show(endpoint)} (subject {certificate.Subject}) is valid only from " +
              $"{certificate.NotBefore.UtcDateTime:yyyy-MM-dd HH:mm} UTC.",
              "Compare the clocks of this machine and of the one that issued the certificate.")
    {
        Certificate = certificate;
    }

    /// <summary>The certificate that is not valid yet.</summary>
    public EtcdCertificate Certificate { get; }
}
