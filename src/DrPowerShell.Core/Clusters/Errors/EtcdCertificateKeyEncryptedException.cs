using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>The private key file is encrypted with a passphrase.</summary>
public sealed class EtcdCertificateKeyEncryptedException : RecoveryException
{
    public EtcdCertificateKeyEncryptedException(string path)
        : base(
              FailureKind.Security,
              path,
              $"The private key in '{path}' is encrypted and no passphrase can be given for a file.",
              "Load the certificate with its key first and give the object: -Certificate " +
              "([X509Certificate2]::CreateFromEncryptedPemFile(…)).")
    {
    }
}
