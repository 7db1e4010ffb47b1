using System.Globalization;
using System.Text;

namespace DrPowerShell.Etcd.Mvcc;

/// <summary>Shows the bytes of keys and values as text without loss of what matters: UTF-8 where they are, <c>\xNN</c> for each byte that is not.</summary>
public static class EtcdText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Decodes bytes for display.</summary>
    /// <param name="bytes">Any bytes, of any length.</param>
    public static string Show(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Escape(bytes);
        }
    }

    /// <summary>Encodes text that a user typed as the bytes of a key: UTF-8.</summary>
    public static byte[] Parse(string text) => Strict.GetBytes(text);

    private static string Escape(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length + 16);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var used) == System.Buffers.OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                used = 1;
                text.Append(CultureInfo.InvariantCulture, $"\\x{bytes[0]:x2}");
            }

            bytes = bytes[used..];
        }

        return text.ToString();
    }
}
