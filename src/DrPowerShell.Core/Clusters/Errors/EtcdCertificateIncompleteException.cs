using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>A client certificate without its private key was given, or a key without its certificate.</summary>
public sealed class EtcdCertificateIncompleteException : RecoveryException
{
    public EtcdCertificateIncompleteException(string subject, string what)
        : base(
              FailureKind.InvalidInput,
              subject,
              $"{what}.",
              "Give both -Certificate and -CertificateKey, or one PEM file or certificate object that holds both.")
    {
    }
}
