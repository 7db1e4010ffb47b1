using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Generators;

namespace DrPowerShell.Providers.Age;

/// <summary>The stanza of a passphrase, which must be its header's only one, so that who knows the passphrase knows who wrote the file.</summary>
/// <remarks>https://c2sp.org/age: <c>-> scrypt base64(salt) log2(N)</c>, with r = 8 and p = 1: N KiB of memory.</remarks>
internal static class ScryptStanza
{
    public const string Type = "scrypt";

    /// <summary>What is written: about a second, and 256 MB.</summary>
    public const int DefaultWorkFactor = 18;

    /// <summary>What is read at most: a header must not be able to ask for hours.</summary>
    public const int LargestWorkFactor = 22;

    private const int SaltLength = 16;

    private static readonly byte[] Label = Encoding.ASCII.GetBytes("age-encryption.org/v1/scrypt");

    public static AgeStanza Wrap(string passphrase, int workFactor, ReadOnlySpan<byte> fileKey)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        return new(Type, [AgeText.ToBase64(salt), workFactor.ToString(CultureInfo.InvariantCulture)],
            FileKeyWrapping.Wrap(WrappingKey(passphrase, salt, workFactor), fileKey));
    }

    /// <summary>Throws unless the stanza follows the rules; takes no time.</summary>
    public static void Check(AgeStanza stanza) => Read(stanza);

    /// <summary>The file key; null where the passphrase is another one.</summary>
    /// <exception cref="AgeFormatException">The stanza breaks the rules, or asks for more work than is done for a header.</exception>
    /// <exception cref="AgeTooCostlyException">This process may not have the memory.</exception>
    public static byte[]? Unwrap(AgeStanza stanza, string passphrase)
    {
        var (salt, workFactor) = Read(stanza);
        return FileKeyWrapping.Unwrap(WrappingKey(passphrase, salt, workFactor), stanza.Body);
    }

    private static (byte[] Salt, int WorkFactor) Read(AgeStanza stanza)
    {
        if (stanza.Arguments is not [var text, var digits] || AgeText.FromBase64(text) is not { Length: SaltLength } salt
            || stanza.Body.Length != FileKeyWrapping.BodyLength || digits.Length > 9 || digits[0] == '0' || !digits.All(char.IsAsciiDigit))
        {
            throw new AgeFormatException("the passphrase stanza of its header is malformed.");
        }

        var workFactor = int.Parse(digits, CultureInfo.InvariantCulture);
        return workFactor <= LargestWorkFactor
            ? (salt, workFactor)
            : throw new AgeFormatException($"its passphrase stanza asks for a work factor of {workFactor}; {LargestWorkFactor} is the most that is done.");
    }

    private static byte[] WrappingKey(string passphrase, byte[] salt, int workFactor)
    {
        var (needed, available) = (1024L << workFactor, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        if (needed > available)
        {
            throw new AgeTooCostlyException($"its passphrase stanza takes {needed >> 20} MB of memory; this process may have {available >> 20} MB.");
        }

        var secret = Encoding.UTF8.GetBytes(passphrase);
        try
        {
            return SCrypt.Generate(secret, [.. Label, .. salt], 1 << workFactor, 8, 1, ChunkStream.KeyLength);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
