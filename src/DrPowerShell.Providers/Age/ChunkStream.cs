using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DrPowerShell.Providers.Age;

/// <summary>What both directions of the payload share: the STREAM construction over chunks of 64 KiB.</summary>
/// <remarks>
/// https://c2sp.org/age: 16 bytes of nonce, from which and the file key HKDF-SHA256 makes the payload key; then chunks, each with its tag. A
/// chunk's nonce is its number (11 bytes, big endian) and one byte that is 1 for the last chunk. Only the last may be short, and only that of an
/// empty file is empty.
/// </remarks>
internal static class ChunkStream
{
    public const int KeyLength = 32;
    public const int NonceLength = 16;
    public const int PlainLength = 64 * 1024;
    public const int SealedLength = PlainLength + ChunkCipher.TagLength;

    private static readonly byte[] Info = Encoding.ASCII.GetBytes("payload");

    public static ChunkCipher Cipher(byte[] fileKey, byte[] nonce)
    {
        var key = HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, KeyLength, nonce, Info);
        var cipher = new ChunkCipher(key);
        CryptographicOperations.ZeroMemory(key);
        return cipher;
    }

    public static void WriteNonce(Span<byte> nonce, ulong number, bool last)
    {
        nonce.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(nonce[3..11], number);
        nonce[^1] = last ? (byte)1 : (byte)0;
    }
}
