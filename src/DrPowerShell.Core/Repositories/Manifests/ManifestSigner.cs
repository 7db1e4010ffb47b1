using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Core.Repositories.Manifests;

/// <summary>Signs manifests and proofs with an ECDSA key.</summary>
public sealed class ManifestSigner : IDisposable
{
    internal const string Algorithm = "ECDSA-SHA256";

    private readonly ECDsa _key;
    private readonly byte[]? _certificate;

    private ManifestSigner(ECDsa key, byte[]? certificate)
    {
        (_key, _certificate) = (key, certificate);
        KeyId = IdOf(key);
    }

    /// <summary>The SHA-256 of the public key's SubjectPublicKeyInfo, lowercase hexadecimal.</summary>
    public string KeyId { get; }

    /// <summary>The public key: SubjectPublicKeyInfo, DER.</summary>
    public byte[] PublicKey => _key.ExportSubjectPublicKeyInfo();

    /// <summary>The certificate, DER; null where there is a bare key.</summary>
    public ReadOnlyMemory<byte>? Certificate => _certificate is null ? (ReadOnlyMemory<byte>?)null : _certificate;

    /// <summary>Takes the private key of a certificate.</summary>
    /// <exception cref="SigningKeyNotUsableException">It has none, or none of ECDSA.</exception>
    public static ManifestSigner FromCertificate(X509Certificate2 certificate)
    {
        try
        {
            var key = certificate.GetECDsaPrivateKey();
            return key is null
                ? throw new SigningKeyNotUsableException(certificate.Subject, certificate.HasPrivateKey ? "its key is not an ECDSA key." : "the certificate comes without its private key.")
                : new ManifestSigner(key, certificate.RawData);
        }
        catch (CryptographicException e)
        {
            throw new SigningKeyNotUsableException(certificate.Subject, e.Message, e);
        }
    }

    /// <summary>Reads a certificate with its private key.</summary>
    /// <param name="path">A PFX (PKCS #12) file, or PEM as <see cref="FromFile"/> takes it.</param>
    /// <param name="passphrase">For an encrypted file.</param>
    /// <exception cref="SigningKeyNotUsableException">The file is not there, holds no ECDSA key, or the passphrase is wrong.</exception>
    public static ManifestSigner FromCertificateFile(string path, string? passphrase = null)
    {
        try
        {
            if (File.ReadAllBytes(path).AsSpan().IndexOf("-----BEGIN "u8) >= 0)
            {
                return FromFile(path, passphrase);
            }

            using var certificate = new X509Certificate2(path, passphrase);
            return FromCertificate(certificate);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new SigningKeyNotUsableException(path, e.Message, e);
        }
    }

    /// <summary>Reads a private key, with the certificate where the same file holds one.</summary>
    /// <param name="path">A PEM file: PKCS #8 or SEC 1.</param>
    /// <param name="passphrase">For an encrypted key.</param>
    /// <exception cref="SigningKeyNotUsableException">The file is not there, is no ECDSA key, or the passphrase is wrong.</exception>
    public static ManifestSigner FromFile(string path, string? passphrase = null)
    {
        var key = ECDsa.Create();
        try
        {
            var pem = File.ReadAllText(path);
            if (!pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            {
                throw new CryptographicException("it holds no private key.");
            }

            if (passphrase is null)
            {
                key.ImportFromPem(pem);
            }
            else
            {
                key.ImportFromEncryptedPem(pem, passphrase);
            }

            byte[]? certificate = null;
            if (pem.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal))
            {
                using var read = X509Certificate2.CreateFromPem(pem);
                certificate = read.RawData;
            }

            return new ManifestSigner(key, certificate);
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException or IOException or UnauthorizedAccessException)
        {
            key.Dispose();
            throw new SigningKeyNotUsableException(path, e.Message, e);
        }
    }

    public ManifestSignature Sign(byte[] payload) => new(Algorithm, KeyId, Convert.ToBase64String(_key.SignData(payload, HashAlgorithmName.SHA256)))
    {
        Certificate = _certificate is null ? null : Convert.ToBase64String(_certificate),
    };

    public void Dispose() => _key.Dispose();

    internal static string IdOf(ECDsa key) => Convert.ToHexString(SHA256.HashData(key.ExportSubjectPublicKeyInfo())).ToLowerInvariant();
}
