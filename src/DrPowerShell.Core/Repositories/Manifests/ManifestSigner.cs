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
