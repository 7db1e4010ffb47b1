namespace DrPowerShell.Providers.Age;

/// <summary>The base64 of age headers: the standard alphabet, without padding, in its one canonical form.</summary>
internal static class AgeText
{
    public static string ToBase64(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    /// <summary>Decodes a text; null unless encoding the result gives the same text again.</summary>
    public static byte[]? FromBase64(string text)
    {
        if (text.Length % 4 == 1 || text.Contains('=', StringComparison.Ordinal))
        {
            return null;
        }

        var bytes = new byte[text.Length * 3 / 4];
        // Decoders pass over white space and stray bits at the end: a second spelling of the same header is refused.
        return Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), bytes, out var count)
            && count == bytes.Length && string.Equals(ToBase64(bytes), text, StringComparison.Ordinal) ? bytes : null;
    }
}
