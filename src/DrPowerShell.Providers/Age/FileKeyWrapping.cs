using System.Security.Cryptography;

namespace DrPowerShell.Providers.Age;

/// <summary>How both kinds of stanza carry the file key: under ChaCha20-Poly1305 with a key used once, so that the nonce is zero.</summary>
internal static class FileKeyWrapping
{
    public const int FileKeyLength = 16;
    public const int BodyLength = FileKeyLength + ChunkCipher.TagLength;

    public static byte[] Wrap(byte[] key, ReadOnlySpan<byte> fileKey)
    {
        using var cipher = new ChunkCipher(key);
        var body = new byte[BodyLength];
        cipher.Encrypt(new byte[ChunkCipher.NonceLength], fileKey, body);
        CryptographicOperations.ZeroMemory(key);
        return body;
    }

    /// <summary>The file key; null where the body is sealed under another key.</summary>
    public static byte[]? Unwrap(byte[] key, ReadOnlySpan<byte> body)
    {
        using var cipher = new ChunkCipher(key);
        var fileKey = new byte[FileKeyLength];
        var opened = cipher.TryDecrypt(new byte[ChunkCipher.NonceLength], body, fileKey);
        CryptographicOperations.ZeroMemory(key);
        return opened ? fileKey : null;
    }
}
