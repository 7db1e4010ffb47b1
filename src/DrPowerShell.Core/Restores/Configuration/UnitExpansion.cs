using System.Text;

namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>Puts values in for the specifiers and variables of a unit.</summary>
/// <param name="Unit">The unit's name, its ending included.</param>
/// <param name="HostName">What the machine calls itself.</param>
internal sealed record UnitExpansion(string Unit, string HostName)
{
    /// <summary>The text with its specifiers replaced (systemd.unit(5)); null where it holds one whose value is not known here.</summary>
    public string? Specifiers(string text)
    {
        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%' || i + 1 == text.Length)
            {
                result.Append(text[i]);
            }
            else if (Specifier(text[++i]) is { } value)
            {
                result.Append(value);
            }
            else
            {
                return null;
            }
        }

        return result.ToString();
    }

    /// <summary>Whether a word becomes as many words as its variable holds.</summary>
    public static bool IsSplit(string word) => word.Length > 1 && word[0] == '$' && word[1] is not ('{' or '$');

    /// <summary>One word of a command: ${NAME} anywhere, and $NAME as a whole word, which becomes as many words as it holds.</summary>
    public static IReadOnlyList<string> Variables(string word, Func<string, string?> variable)
    {
        if (IsSplit(word))
        {
            return [.. (UnitWords.Split(variable(word[1..]) ?? "") ?? []).Select(one => one.Text)];
        }

        var result = new StringBuilder();
        for (var i = 0; i < word.Length; i++)
        {
            if (word[i] == '$' && i + 1 < word.Length && word[i + 1] == '$')
            {
                result.Append('$');
                i++;
            }
            else if (word[i] == '$' && i + 1 < word.Length && word[i + 1] == '{' && word.IndexOf('}', i) is > 0 and var end)
            {
                result.Append(variable(word[(i + 2)..end]));
                i = end;
            }
            else
            {
                result.Append(word[i]);
            }
        }

        return [result.ToString()];
    }

    private string? Specifier(char letter)
    {
        var name = Unit[..Unit.LastIndexOf('.')];
        var at = name.IndexOf('@', StringComparison.Ordinal);
        var (prefix, instance) = at < 0 ? (name, "") : (name[..at], name[(at + 1)..]);
        return letter switch
        {
            '%' => "%",
            'n' => Unit,
            'N' => name,
            'p' => prefix,
            'P' => prefix.Replace('-', '/'),
            'j' => prefix[(prefix.LastIndexOf('-') + 1)..],
            'i' => instance,
            'I' => instance.Replace('-', '/'),
            'H' or 'q' => HostName,
            'l' => HostName.Split('.')[0],
            'E' => "/etc",
            'S' => "/var/lib",
            'C' => "/var/cache",
            'L' => "/var/log",
            't' => "/run",
            'T' => "/tmp",
            'V' => "/var/tmp",
            _ => null,
        };
    }
}
