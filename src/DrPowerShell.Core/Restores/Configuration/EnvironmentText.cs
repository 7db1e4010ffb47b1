using System.Text;

namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>One assignment in a file of variables.</summary>
/// <param name="Name">The variable.</param>
/// <param name="Value">Its value, quotes and escapes taken away.</param>
/// <param name="Start">Where the value begins in the text, its quotes included.</param>
/// <param name="End">The character after it.</param>
internal sealed record EnvironmentAssignment(string Name, string Value, int Start, int End);

/// <summary>A file of variables, as systemd's EnvironmentFile= and shells read it; of several assignments to one variable the last counts.</summary>
/// <remarks>
/// A line is a comment (# or ;) or NAME=VALUE. A value may be quoted; without quotes a backslash takes the next character as it is, and joins lines.
/// src/basic/env-file.c of systemd.
/// </remarks>
internal sealed class EnvironmentText(string path, byte[] content, string text)
{
    private readonly List<EnvironmentAssignment> _all = Parse(text);

    public string Path => path;

    public byte[] Content => content;

    public IReadOnlyList<EnvironmentAssignment> Assignments => _all;

    public EnvironmentAssignment? Find(string name) => _all.FindLast(one => one.Name == name);

    public SettingOrigin Origin(EnvironmentAssignment assignment) => new(MemberConfigurationKind.EnvironmentFile, path, TextBytes.Line(text, assignment.Start));

    /// <summary>Whether every line that says something assigns a variable: so a file of variables is told from YAML; of a file that says nothing, by its name.</summary>
    public static bool Looks(string path, string text)
    {
        var lines = text.TrimStart('\uFEFF').Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] is not ('#' or ';')).Select(WithoutExport).ToArray();
        return lines.Length == 0
            ? System.IO.Path.GetExtension(path) is not (".yml" or ".yaml" or ".json")
            : Array.TrueForAll(lines, line => NameLength(line) is > 0 and var length && line[length..].StartsWith('='));
    }

    /// <summary>The text with these values; what is not there yet is added at its end.</summary>
    public byte[] With(IReadOnlyDictionary<string, string> values)
    {
        var parts = new List<(int, int, string)>();
        var added = new StringBuilder();
        foreach (var (name, value) in values)
        {
            if (Find(name) is { } assignment)
            {
                parts.Add((assignment.Start, assignment.End, Quoted(value, assignment.Start < assignment.End ? text[assignment.Start] : ' ')));
            }
            else
            {
                added.Append(name).Append('=').Append(Quoted(value, ' ')).Append(TextBytes.LineBreak(text));
            }
        }

        var edited = TextBytes.Replace(text, parts);
        var joint = added.Length == 0 || edited.Length == 0 || edited.EndsWith('\n') ? "" : TextBytes.LineBreak(text);
        return TextBytes.Write(edited + joint + added);
    }

    private static string Quoted(string value, char old)
    {
        if (old == '\'' && !value.Contains('\'', StringComparison.Ordinal))
        {
            return $"'{value}'";
        }

        // Safe as it is, in systemd and in every shell.
        if (old != '"' && value.All(c => char.IsAsciiLetterOrDigit(c) || "_-+=/.,:@%[]".Contains(c, StringComparison.Ordinal)))
        {
            return value;
        }

        return '"' + string.Concat(value.Select(c => c is '"' or '\\' or '$' or '`' ? "\\" + c : c.ToString())) + '"';
    }

    private static List<EnvironmentAssignment> Parse(string text)
    {
        var found = new List<EnvironmentAssignment>();
        var at = text.StartsWith('\uFEFF') ? 1 : 0;
        while (at < text.Length)
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
            {
                at++;
            }

            var line = text.AsSpan(at, EndOfLine(text, at) - at);
            var export = line.Length - WithoutExport(line.ToString()).Length;
            var length = NameLength(line[export..].ToString());
            var equals = at + export + length;
            if (line.Length == 0 || line[0] is '#' or ';' || length == 0 || equals >= text.Length || text[equals] != '=')
            {
                at = EndOfLine(text, at) + 1;
                continue;
            }

            var (value, start, end) = Value(text, equals + 1);
            found.Add(new EnvironmentAssignment(text.Substring(at + export, length), value, start, end));
            at = EndOfLine(text, end) + 1;
        }

        return found;
    }

    private static (string Value, int Start, int End) Value(string text, int at)
    {
        while (at < text.Length && text[at] is ' ' or '\t')
        {
            at++;
        }

        var (start, value, quote, kept) = (at, new StringBuilder(), '\0', 0);
        for (; at < text.Length; at++)
        {
            var c = text[at];
            if (quote == '\0' && c is '\n' or '\r')
            {
                break;
            }

            if (quote == '\0' && c is '"' or '\'' && value.Length == 0)
            {
                quote = c;
            }
            else if (c == quote)
            {
                quote = '\0';
                kept = value.Length;
            }
            else if (c == '\\' && quote != '\'' && at + 1 < text.Length)
            {
                at += text[at + 1] == '\r' && at + 2 < text.Length ? 2 : 1;
                var isKept = quote == '"' && text[at] is not ('"' or '\\' or '$' or '`' or '\n');
                value.Append(isKept ? "\\" : "").Append(text[at] == '\n' ? "" : text[at].ToString());
                kept = value.Length;
            }
            else
            {
                value.Append(c);
                kept = quote != '\0' || c is not (' ' or '\t') ? value.Length : kept;
            }
        }

        var trimmed = value.ToString(0, kept);
        var end = at;
        while (end > start && text[end - 1] is ' ' or '\t')
        {
            end--;
        }

        return (trimmed, start, end);
    }

    private static int EndOfLine(string text, int at) => text.IndexOf('\n', Math.Min(at, text.Length)) is >= 0 and var end ? end : text.Length;

    private static string WithoutExport(string line) => line.StartsWith("export ", StringComparison.Ordinal) ? line["export ".Length..].TrimStart() : line;

    private static int NameLength(string line)
    {
        var length = 0;
        while (length < line.Length && (char.IsAsciiLetterOrDigit(line[length]) || line[length] == '_'))
        {
            length++;
        }

        return length;
    }
}
