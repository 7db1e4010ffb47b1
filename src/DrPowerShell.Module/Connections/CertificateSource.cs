using System.Security.Cryptography.X509Certificates;

namespace DrPowerShell.Module.Connections;

/// <summary>A client certificate as a parameter takes it: a PEM file's path, or a certificate object with its private key.</summary>
public sealed class CertificateSource
{
    /// <summary>A certificate in a PEM file, relative to the session's location.</summary>
    public CertificateSource(string path) => Path = path;

    /// <summary>A certificate that was loaded already, from a store or a vault.</summary>
    public CertificateSource(X509Certificate2 certificate) => Certificate = certificate;

    /// <summary>The PEM file; null where an object was given.</summary>
    public string? Path { get; }

    /// <summary>The object; null where a file was given.</summary>
    public X509Certificate2? Certificate { get; }

    /// <inheritdoc/>
    public override string ToString() => Path ?? Certificate?.Subject ?? "";
}
