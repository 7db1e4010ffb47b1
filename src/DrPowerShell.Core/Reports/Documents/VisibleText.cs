using System.Globalization;
using System.Text;

namespace DrPowerShell.Core.Reports.Documents;

/// <summary>Makes text that is not ours show what it holds: a report must not be bent by what a host or a file name says.</summary>
internal static class VisibleText
{
    /// <summary>
    /// The text with line feeds and tabs as they are, other control characters as their pictures, characters that turn the direction of what follows
    /// by their numbers, and half characters replaced.
    /// </summary>
    public static string Of(string text)
    {
        if (!text.Any(c => char.IsControl(c) || char.IsSurrogate(c) || IsTurn(c)))
        {
            return text;
        }

        var visible = new StringBuilder(text.Length + 16);
        foreach (var rune in text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').EnumerateRunes())
        {
            if (rune.Value is '\n' or '\t')
            {
                visible.Append((char)rune.Value);
            }
            else if (rune.Value < 0x20)
            {
                visible.Append((char)(0x2400 + rune.Value));
            }
            else if (Rune.IsControl(rune) || IsTurn((char)Math.Min(rune.Value, 0xFFFF)))
            {
                visible.Append(CultureInfo.InvariantCulture, $"[U+{rune.Value:X4}]");
            }
            else
            {
                visible.Append(rune.ToString());
            }
        }

        return visible.ToString();
    }

    // Embeddings, overrides and isolates of the bidirectional algorithm; and the separators that some readers take for the end of a line.
    private static bool IsTurn(char c) => c is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
