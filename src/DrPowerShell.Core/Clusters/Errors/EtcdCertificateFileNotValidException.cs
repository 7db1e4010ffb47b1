using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>A certificate or key file is not PEM, or holds no such thing.</summary>
public sealed class EtcdCertificateFileNotValidException : RecoveryException
{
    public EtcdCertificateFileNotValidException(string path, string role, string parameter, string reason, Exception? inner = null)
        : base(
              FailureKind.InvalidData,
              path,
              $"The {role} file '{path}' is of no use: {reason}.",
              $"Give a PEM file ('-----BEGIN …') with {parameter}; openssl x509 -inform DER converts a DER file.", inner)
    {
    }
}
