using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The client certificate is not valid yet.</summary>
public sealed class EtcdClientCertificateNotYetValidException : RecoveryException
{
    public EtcdClientCertificateNotYetValidException(string subject, EtcdCertificate certificate)
        : base(
              FailureKind.Authentication,
              subject,
              $"The client certificate (subject {certificate.Subject}) is valid only from " +
              $"{certificate.NotBefore.UtcDateTime:yyyy-MM-dd HH:mm} UTC.",
              "Compare the clocks of this machine and of the one that issued the certificate.")
    {
        Certificate = certificate;
    }

    /// <summary>The client certificate.</summary>
    public EtcdCertificate Certificate { get; }
}
