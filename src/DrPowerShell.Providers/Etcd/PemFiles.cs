using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DrPowerShell.Core.Clusters.Errors;

namespace DrPowerShell.Providers.Etcd;

/// <summary>Reads certificates and keys from PEM files, each way to fail being its own error.</summary>
internal static class PemFiles
{
    private const string Authority = "CA certificate";
    private const string Client = "client certificate";
    private const string Key = "private key";

    /// <summary>Every certificate of a file; one at least.</summary>
    public static X509Certificate2Collection ReadAuthorities(string path) => ReadCertificates(path, Authority, "-CACertificate");

    /// <summary>A certificate with its key, and the further certificates of its file; the key may be in the same file.</summary>
    public static (X509Certificate2 Certificate, X509Certificate2Collection Chain) ReadClientCertificate(string path, string? keyPath)
    {
        var chain = ReadCertificates(path, Client, "-Certificate");
        var keyText = Read(keyPath ?? path, Key, "-CertificateKey");
        if (keyText.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw new EtcdCertificateKeyEncryptedException(keyPath ?? path);
        }

        if (!keyText.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw keyPath is null
                ? new EtcdCertificateIncompleteException(path, $"The file '{path}' holds a certificate and no private key")
                : new EtcdCertificateFileNotValidException(keyPath, Key, "-CertificateKey", "it holds no PEM private key");
        }

        var certificate = Join(chain[0], keyText, path, keyPath ?? path);
        chain.RemoveAt(0);
        return (certificate, chain);
    }

    private static X509Certificate2 Join(X509Certificate2 certificate, string keyText, string path, string keyPath)
    {
        X509Certificate2 joined;
        try
        {
            joined = X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), keyText);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // An unreadable key and one of another certificate end in the same exception type: the key is read alone to tell them apart.
            throw IsReadable(keyText)
                ? new EtcdCertificateKeyMismatchException(path, keyPath, e)
                : new EtcdCertificateFileNotValidException(keyPath, Key, "-CertificateKey", "its private key cannot be decoded", e);
        }

        if (!OperatingSystem.IsWindows())
        {
            return joined;
        }

        // Schannel takes no key that lives in memory only.
        using (joined)
        {
#pragma warning disable SYSLIB0057 // The loader that replaces this constructor is not in .NET 8.
            return new X509Certificate2(joined.Export(X509ContentType.Pkcs12));
#pragma warning restore SYSLIB0057
        }
    }

    private static bool IsReadable(string keyText) =>
        TryImport(RSA.Create(), keyText) || TryImport(ECDsa.Create(), keyText) || TryImport(ECDiffieHellman.Create(), keyText);

    private static bool TryImport(AsymmetricAlgorithm algorithm, string keyText)
    {
        using (algorithm)
        {
            try
            {
                algorithm.ImportFromPem(keyText);
                return true;
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException)
            {
                return false;
            }
        }
    }

    private static X509Certificate2Collection ReadCertificates(string path, string role, string parameter)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(Read(path, role, parameter));
        }
        catch (CryptographicException e)
        {
            throw new EtcdCertificateFileNotValidException(path, role, parameter, "a certificate in it cannot be decoded", e);
        }

        return found.Count > 0
            ? found
            : throw new EtcdCertificateFileNotValidException(path, role, parameter, "it holds no PEM certificate");
    }

    private static string Read(string path, string role, string parameter)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new EtcdCertificateFileNotFoundException(path, role, parameter, "there is no such file", e);
        }
        catch (UnauthorizedAccessException e)
        {
            var why = Directory.Exists(path) ? "it is a folder" : "access is denied";
            throw new EtcdCertificateFileNotFoundException(path, role, parameter, why, e);
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            throw new EtcdCertificateFileNotFoundException(path, role, parameter, e.Message.TrimEnd('.'), e);
        }
    }
}
