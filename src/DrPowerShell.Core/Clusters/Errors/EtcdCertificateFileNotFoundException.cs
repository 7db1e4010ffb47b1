using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>A certificate or key file does not exist or cannot be read.</summary>
public sealed class EtcdCertificateFileNotFoundException : RecoveryException
{
    public EtcdCertificateFileNotFoundException(string path, string role, string parameter, string reason, Exception? inner = null)
        : base(
              FailureKind.NotFound,
              path,
              $"The {role} file '{path}' cannot be read: {reason}.",
              $"Give the path of a readable PEM file with {parameter}.", inner)
    {
    }
}
