using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Core.Repositories.Manifests;

/// <summary>What a signature is worth.</summary>
public enum SignatureState
{
    /// <summary>There is none.</summary>
    Unsigned,

    /// <summary>There is one, by a key that nobody named as trusted, or none was named: it says that the document is whole, not who wrote it.</summary>
    UnknownSigner,

    /// <summary>It was made by a trusted key over these very bytes.</summary>
    Trusted,

    /// <summary>It does not fit the document: one of the two was changed.</summary>
    Invalid,
}

/// <summary>The public keys whose signatures are believed.</summary>
public sealed class ManifestTrust
{
    private readonly Dictionary<string, byte[]> _keys = [];

    private ManifestTrust(IEnumerable<byte[]> keys)
    {
        foreach (var key in keys)
        {
            _keys[Convert.ToHexString(SHA256.HashData(key)).ToLowerInvariant()] = key;
        }
    }

    /// <summary>Nobody is trusted, and nothing is asked.</summary>
    public static ManifestTrust None { get; } = new([]);

    /// <summary>Whether signatures are asked for at all.</summary>
    public bool IsRequired => _keys.Count > 0;

    /// <summary>Reads public keys: PEM files, each with a public key or a certificate.</summary>
    /// <exception cref="SigningKeyNotUsableException">A file is not there, or holds neither.</exception>
    public static ManifestTrust FromFiles(IEnumerable<string> paths) => new(paths.Select(Read));

    /// <summary>Judges a signature over a payload.</summary>
    public SignatureState Check(byte[] payload, ManifestSignature? signature)
    {
        if (signature is null)
        {
            return SignatureState.Unsigned;
        }

        // As JSON from elsewhere may have it.
        if (signature is { KeyId: null } or { Value: null })
        {
            return SignatureState.Invalid;
        }

        return !_keys.TryGetValue(signature.KeyId, out var key) ? SignatureState.UnknownSigner
            : Verify(key, payload, signature) ? SignatureState.Trusted
            : SignatureState.Invalid;
    }

    private static bool Verify(byte[] publicKey, byte[] payload, ManifestSignature signature)
    {
        var bytes = new byte[signature.Value.Length];
        if (!string.Equals(signature.Algorithm, ManifestSigner.Algorithm, StringComparison.Ordinal) || !Convert.TryFromBase64String(signature.Value, bytes, out var length))
        {
            return false;
        }

        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(publicKey, out _);
        return key.VerifyData(payload, bytes.AsSpan(0, length), HashAlgorithmName.SHA256);
    }

    private static byte[] Read(string path)
    {
        try
        {
            var pem = File.ReadAllText(path);
            if (pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            {
                throw new SigningKeyNotUsableException(path, "it holds a private key; trust takes the public one.");
            }

            using var certificate = pem.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal) ? X509Certificate2.CreateFromPem(pem) : null;
            using var key = certificate is null ? ECDsa.Create() : certificate.GetECDsaPublicKey() ?? throw new SigningKeyNotUsableException(path, "its certificate holds no ECDSA key.");
            if (certificate is null)
            {
                key.ImportFromPem(pem);
            }

            return key.ExportSubjectPublicKeyInfo();
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new SigningKeyNotUsableException(path, e.Message, e);
        }
    }
}
