using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace DrPowerShell.Providers.Age;

/// <summary>A stanza for the holder of an X25519 identity. It does not say whose: only trying tells.</summary>
/// <remarks>
/// https://c2sp.org/age: <c>-> X25519 base64(ephemeral share)</c>; the wrapping key is HKDF-SHA256 of the shared secret, salted with the
/// ephemeral share and the recipient.
/// </remarks>
internal static class X25519Stanza
{
    public const string Type = "X25519";
    public const int KeyLength = 32;

    private static readonly byte[] Info = Encoding.ASCII.GetBytes("age-encryption.org/v1/X25519");

    public static byte[] PublicOf(byte[] secret)
    {
        var key = new byte[KeyLength];
        X25519.ScalarMultBase(secret, 0, key, 0);
        return key;
    }

    /// <exception cref="FormatException">The recipient is a point of low order: whoever watches would know the shared secret.</exception>
    public static AgeStanza Wrap(byte[] recipient, ReadOnlySpan<byte> fileKey)
    {
        var ephemeral = RandomNumberGenerator.GetBytes(KeyLength);
        var share = PublicOf(ephemeral);
        var key = WrappingKey(ephemeral, recipient, share, recipient) ?? throw new FormatException("it is a point of low order, which keeps no secret.");
        CryptographicOperations.ZeroMemory(ephemeral);
        return new(Type, [AgeText.ToBase64(share)], FileKeyWrapping.Wrap(key, fileKey));
    }

    /// <summary>The file key; null where the stanza is for another identity.</summary>
    /// <param name="stanza">The stanza.</param>
    /// <param name="identity">The secret key.</param>
    /// <param name="recipient">The public key that belongs to it.</param>
    /// <exception cref="AgeFormatException">The stanza breaks the rules.</exception>
    public static byte[]? Unwrap(AgeStanza stanza, byte[] identity, byte[] recipient)
    {
        if (stanza.Arguments is not [var text] || AgeText.FromBase64(text) is not { Length: KeyLength } share || stanza.Body.Length != FileKeyWrapping.BodyLength)
        {
            throw new AgeFormatException("an X25519 stanza of its header is malformed.");
        }

        var key = WrappingKey(identity, share, share, recipient)
            ?? throw new AgeFormatException("an X25519 stanza of its header holds a point of low order.");
        return FileKeyWrapping.Unwrap(key, stanza.Body);
    }

    private static byte[]? WrappingKey(byte[] secret, byte[] peer, byte[] share, byte[] recipient)
    {
        var shared = new byte[KeyLength];
        try
        {
            return X25519.CalculateAgreement(secret, 0, peer, 0, shared, 0)
                ? HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, ChunkStream.KeyLength, [.. share, .. recipient], Info)
                : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
        }
    }
}
