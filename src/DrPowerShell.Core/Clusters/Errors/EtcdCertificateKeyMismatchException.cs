using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The private key does not belong to the certificate.</summary>
public sealed class EtcdCertificateKeyMismatchException : RecoveryException
{
    public EtcdCertificateKeyMismatchException(string certificatePath, string keyPath, Exception? inner = null)
        : base(
              FailureKind.Security,
              keyPath,
              $"The private key in '{keyPath}' does not belong to the certificate in '{certificatePath}'.",
              "Give the key that the certificate was made for with -CertificateKey.", inner)
    {
    }
}
