using System.Globalization;
using System.Text;

namespace DrPowerShell.Core.Reports.Timeline;

/// <summary>Guesses how wide a text is drawn, where no font can be asked: a little too wide rather than too narrow.</summary>
internal static class TextWidth
{
    /// <summary>Its width in the units of the size.</summary>
    public static double Of(string text, double size) => text.EnumerateRunes().Sum(Share) * size;

    /// <summary>As much of it as fits, with an ellipsis where that is not all.</summary>
    public static string Cut(string text, double size, double width)
    {
        if (Of(text, size) <= width)
        {
            return text;
        }

        var (cut, used) = (new StringBuilder(), size);
        foreach (var rune in text.EnumerateRunes())
        {
            used += Share(rune) * size;
            if (used > width)
            {
                break;
            }

            cut.Append(rune.ToString());
        }

        return cut.Append('…').ToString();
    }

    private static double Share(Rune rune) => rune.Value switch
    {
        // Hangul, kana, ideographs and full-width forms are as wide as they are high.
        >= 0x1100 and <= 0x115F or >= 0x2E80 and <= 0xA4CF or >= 0xAC00 and <= 0xD7A3 or >= 0xF900 and <= 0xFAFF or >= 0xFE30 and <= 0xFE6F or >= 0xFF00 and <= 0xFF60 or >= 0x1F000 => 1.05,
        'i' or 'j' or 'l' or 't' or 'f' or 'r' or '.' or ',' or ':' or '-' or ' ' => 0.38,
        'm' or 'w' or 'M' or 'W' => 0.9,
        _ when Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter => 0.72,
        _ => 0.6,
    };
}
