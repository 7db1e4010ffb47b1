using System.Text;

namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>The words of a shell's line that holds one plain command, such as <c>GOMAXPROCS=$(nproc) /usr/bin/etcd --name "${ETCD_NAME}"</c>.</summary>
internal static class ShellLine
{
    /// <summary>The words, variables filled in; null where the line holds more than one plain command, or what only a shell can tell.</summary>
    public static IReadOnlyList<string>? Split(string command, Func<string, string?> variable)
    {
        var (line, words) = (command.Trim(), new List<string>());
        for (var at = 0; at < line.Length;)
        {
            if (line[at] is ' ' or '\t')
            {
                at++;
                continue;
            }

            var (text, quote, isWord) = (new StringBuilder(), '\0', false);
            for (; at < line.Length && (quote != '\0' || line[at] is not (' ' or '\t')); at++)
            {
                var c = line[at];
                if (c == '\\' && quote != '\'' && at + 1 < line.Length)
                {
                    at++;
                    text.Append(line[at] == '\n' ? "" : line[at].ToString());
                }
                else if (quote == '\0' && c is '"' or '\'')
                {
                    (quote, isWord) = (c, true);
                }
                else if (quote != '\0' && c == quote)
                {
                    quote = '\0';
                }
                else if (c == '$' && quote != '\'')
                {
                    var part = new StringBuilder();
                    at = Substitute(line, at, part, variable);
                    var split = quote == '\0' && !part.ToString().StartsWith("$(", StringComparison.Ordinal) ? part.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries) : [part.ToString()];
                    foreach (var finished in split.SkipLast(1))
                    {
                        words.Add(text + finished);
                        text.Clear();
                    }

                    text.Append(split.LastOrDefault());
                    isWord |= quote != '\0' || split.Length > 0;
                }
                else if (quote == '\0' && ";|&<>()`\n".Contains(c, StringComparison.Ordinal))
                {
                    return null;
                }
                else
                {
                    text.Append(c);
                    isWord = true;
                }
            }

            if (quote != '\0')
            {
                return null;
            }

            if (isWord)
            {
                words.Add(text.ToString());
            }
        }

        return Command(words);
    }

    // What stands before the program is for the shell.
    private static IReadOnlyList<string> Command(List<string> words) =>
        [.. words.SkipWhile(word => word == "exec" || (word.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals && word.AsSpan(0, equals).IndexOfAny('/', '-') < 0))];

    // The offset of the last character that was used. What a command prints is not known: it stays as it is written.
    private static int Substitute(string line, int at, StringBuilder text, Func<string, string?> variable)
    {
        if (at + 1 < line.Length && line[at + 1] == '(' && line.IndexOf(')', at) is > 0 and var close)
        {
            text.Append(line.AsSpan(at, close + 1 - at));
            return close;
        }

        if (at + 1 < line.Length && line[at + 1] == '{' && line.IndexOf('}', at) is > 0 and var end)
        {
            text.Append(variable(line[(at + 2)..end]));
            return end;
        }

        var length = 0;
        while (at + 1 + length < line.Length && (char.IsAsciiLetterOrDigit(line[at + 1 + length]) || line[at + 1 + length] == '_'))
        {
            length++;
        }

        text.Append(length == 0 ? "$" : variable(line.Substring(at + 1, length)));
        return at + length;
    }
}
