using System.Security.Cryptography;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Providers.Age;

/// <summary>X25519 keys as text: <c>age1…</c> in lower case, <c>AGE-SECRET-KEY-1…</c> in upper case.</summary>
internal static class AgeKeys
{
    private const string RecipientPrefix = "age";
    private const string IdentityPrefix = "age-secret-key-";

    public static string RecipientText(ReadOnlySpan<byte> key) => Bech32.Encode(RecipientPrefix, key);

    public static string IdentityText(ReadOnlySpan<byte> key) => Bech32.Encode(IdentityPrefix, key).ToUpperInvariant();

    /// <exception cref="EncryptionRecipientNotValidException">It is no X25519 recipient.</exception>
    public static byte[] Recipient(string text)
    {
        if (text.StartsWith("AGE-SECRET-KEY-", StringComparison.OrdinalIgnoreCase))
        {
            // Shown to nobody, not even as the target of an error.
            throw new EncryptionRecipientNotValidException("AGE-SECRET-KEY-…", "it is an identity, which is secret; its recipient is meant.");
        }

        try
        {
            var (prefix, key) = Bech32.Decode(text);
            return text[0] != 'a' ? throw new FormatException("recipients are written in lower case.")
                : !string.Equals(prefix, RecipientPrefix, StringComparison.Ordinal) ? throw new FormatException($"it is a key of the kind '{prefix}', not of age's X25519.")
                : key.Length == X25519Stanza.KeyLength ? key
                : throw new FormatException("it has the wrong length.");
        }
        catch (FormatException e)
        {
            throw new EncryptionRecipientNotValidException(text, e.Message);
        }
    }

    /// <exception cref="EncryptionIdentityNotValidException">It is no X25519 identity.</exception>
    public static byte[] Identity(string text)
    {
        try
        {
            var (prefix, key) = Bech32.Decode(text);
            if (text[0] == 'A' && string.Equals(prefix, IdentityPrefix, StringComparison.Ordinal) && key.Length == X25519Stanza.KeyLength)
            {
                return key;
            }

            CryptographicOperations.ZeroMemory(key);
            throw new FormatException("it is no X25519 identity of age.");
        }
        catch (FormatException e)
        {
            throw new EncryptionIdentityNotValidException("what was given", e.Message);
        }
    }
}
