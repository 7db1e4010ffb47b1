using System.Globalization;
using System.Text;

namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>One word of a unit's line.</summary>
/// <param name="Text">Without its quotes and escapes; specifiers and variables are still in it.</param>
/// <param name="Start">Where it begins in the line.</param>
/// <param name="End">The character after it.</param>
internal sealed record UnitWord(string Text, int Start, int End);

/// <summary>Splits a unit's line into words and writes words, by the rules of systemd.service(5) and systemd.syntax(7).</summary>
internal static class UnitWords
{
    /// <summary>The words of a line; null where a quote is not closed.</summary>
    public static IReadOnlyList<UnitWord>? Split(string line)
    {
        var words = new List<UnitWord>();
        for (var at = 0; at < line.Length;)
        {
            if (char.IsWhiteSpace(line[at]))
            {
                at++;
                continue;
            }

            var (start, text, quote) = (at, new StringBuilder(), '\0');
            for (; at < line.Length && (quote != '\0' || !char.IsWhiteSpace(line[at])); at++)
            {
                var c = line[at];
                if (c == '\\' && at + 1 < line.Length)
                {
                    at = Unescape(line, at + 1, text);
                }
                else if (quote == '\0' && c is '"' or '\'')
                {
                    quote = c;
                }
                else if (quote != '\0' && c == quote)
                {
                    quote = '\0';
                }
                else
                {
                    text.Append(c);
                }
            }

            if (quote != '\0')
            {
                return null;
            }

            words.Add(new UnitWord(text.ToString(), start, at));
        }

        return words;
    }

    /// <summary>A word as it is written in a unit so that it arrives as it is: neither specifiers nor variables are seen in it.</summary>
    public static string Quote(string value, bool isCommand)
    {
        var text = value.Replace("%", "%%", StringComparison.Ordinal).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        text = isCommand ? text.Replace("$", "$$", StringComparison.Ordinal) : text;
        return text.Length > 0 && !text.Any(c => char.IsWhiteSpace(c) || c is '\'' or '"' or ';') ? text : '"' + text + '"';
    }

    // The offset of the escape's last character. An escape that systemd does not know stays as it is.
    private static int Unescape(string line, int at, StringBuilder text)
    {
        var c = line[at] switch { 'a' => '\a', 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', 'v' => '\v', 's' => ' ', '\\' => '\\', '"' => '"', '\'' => '\'', _ => '\0' };
        if (c != '\0')
        {
            text.Append(c);
        }
        else if (line[at] == 'x' && at + 2 < line.Length && byte.TryParse(line.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 128)
        {
            text.Append((char)number);
            return at + 2;
        }
        else
        {
            text.Append('\\').Append(line[at]);
        }

        return at;
    }
}
