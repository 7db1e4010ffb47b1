using System.Security.Cryptography.X509Certificates;

namespace DrPowerShell.Testing.Etcd;

/// <summary>A certificate and its private key, as two PEM files.</summary>
public sealed record CertificatePair(string CertificateFile, string KeyFile)
{
    /// <summary>Reads both into one certificate object; the caller disposes it.</summary>
    public X509Certificate2 Load() => X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile);
}
