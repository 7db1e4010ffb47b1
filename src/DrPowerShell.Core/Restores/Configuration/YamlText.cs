using System.Text;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Configuration.Binding;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Restores.Configuration.Errors;

namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>A YAML file whose scalars are exchanged where they stand: comments, order and quoting stay.</summary>
/// <remarks>
/// The parser tells where a scalar begins. Where it ends is found here, and what was found must read as what the parser read: a scalar of several
/// lines, an alias or a tag is refused and never half exchanged.
/// </remarks>
internal sealed class YamlText
{
    // Words that are booleans to older parsers of YAML, Go's among them.
    private static readonly string[] Booleans = ["y", "n", "yes", "no", "on", "off"];

    private readonly string _host;
    private readonly string _text;
    private readonly int[] _lines;
    private readonly List<(int Start, int End, string Text)> _parts = [];

    public YamlText(string host, string path, byte[] content)
    {
        (_host, Path, Content) = (host, path, content);
        _text = TextBytes.Read(content, host, path);
        try
        {
            Root = ProviderLoader.Catalog.Yaml.Read(_text.TrimStart('\uFEFF'), path);
        }
        catch (EstateNotReadableException e)
        {
            throw new MemberConfigurationNotReadableException(host, path, e.Line, e.Reason);
        }

        _lines = [0, .. Enumerable.Range(0, _text.Length).Where(i => _text[i] == '\n').Select(i => i + 1)];
        _lines[0] = _text.StartsWith('\uFEFF') ? 1 : 0;
    }

    public string Path { get; }

    public byte[] Content { get; }

    public YamlTree Root { get; }

    public SettingOrigin Origin(MemberConfigurationKind kind, YamlTree at) => new(kind, Path, at.Line);

    public MemberConfigurationNotReadableException Refuse(YamlTree at, string reason) => new(_host, Path, at.Line, reason);

    /// <summary>Exchanges the value of an entry.</summary>
    public void Exchange(YamlEntry entry, string value)
    {
        if (entry.Value is not YamlScalar scalar)
        {
            throw Refuse(entry.Value, $"{entry.Key.Text} is no text.");
        }

        var key = Raw(entry.Key);
        var colon = _text.IndexOf(':', key.End);
        if (scalar is { Text.Length: 0, IsPlain: true })
        {
            _parts.Add((colon + 1, colon + 1, " " + Written(value, '\0', IsFlow(key.Start))));
            return;
        }

        if (Offset(scalar) < colon)
        {
            throw Refuse(entry.Key, $"{entry.Key.Text} is an alias of a value that stands elsewhere.");
        }

        Exchange(scalar, value);
    }

    /// <summary>Exchanges a scalar.</summary>
    public void Exchange(YamlScalar scalar, string value)
    {
        var raw = Raw(scalar);
        _parts.Add((raw.Start, raw.End, Written(value, _text[raw.Start], raw.IsFlow)));
    }

    /// <summary>Adds an entry to the mapping at the top.</summary>
    public void Append(string key, string value)
    {
        if (Root is YamlMap { Entries.Count: > 0 } map && _text[Offset(map)] == '{')
        {
            _parts.Add((Offset(map) + 1, Offset(map) + 1, $" \"{key}\": {Written(value, '"', isFlow: true)},"));
            return;
        }

        var indent = Root is YamlMap block ? new string(' ', block.Column - 1) : "";
        var end = DocumentEnd();
        var joint = end == 0 || _text[end - 1] == '\n' ? "" : TextBytes.LineBreak(_text);
        _parts.Add((end, end, joint + indent + key + ": " + Written(value, '\0', isFlow: false) + TextBytes.LineBreak(_text)));
    }

    /// <summary>Adds a scalar to the end of a list that has items.</summary>
    public void Append(YamlList list, string value)
    {
        if (list.Items is not [.., YamlScalar last])
        {
            throw Refuse(list, "the list does not end with a text.");
        }

        var raw = Raw(last);
        if (_text[Offset(list)] == '[')
        {
            _parts.Add((raw.End, raw.End, ", " + Written(value, _text[raw.Start], isFlow: true)));
            return;
        }

        var end = _text.IndexOf('\n', raw.End) is >= 0 and var next ? next + 1 : _text.Length;
        var joint = _text[end - 1] == '\n' ? "" : TextBytes.LineBreak(_text);
        _parts.Add((end, end, joint + new string(' ', list.Column - 1) + "- " + Written(value, _text[raw.Start], isFlow: false) + TextBytes.LineBreak(_text)));
    }

    /// <summary>The file with all that was exchanged and added, in the order of the calls.</summary>
    public byte[] Write()
    {
        var text = _text;
        // Of parts at one place the later call's text comes after.
        foreach (var group in _parts.GroupBy(part => (part.Start, part.End)).OrderByDescending(group => group.Key.Start))
        {
            text = string.Concat(text.AsSpan(0, group.Key.Start), string.Concat(group.Select(part => part.Text)), text.AsSpan(group.Key.End));
        }

        _parts.Clear();
        return TextBytes.Write(text);
    }

    private (int Start, int End, bool IsFlow) Raw(YamlScalar scalar)
    {
        var start = Offset(scalar);
        if (start < _text.Length && _text[start] is '"' or '\'')
        {
            var quote = _text[start];
            for (var at = start + 1; at < _text.Length && _text[at] != '\n'; at++)
            {
                if (_text[at] == '\\' && quote == '"' && _text[Math.Min(at + 1, _text.Length - 1)] is not ('\r' or '\n'))
                {
                    at++;
                }
                else if (_text[at] == quote && quote == '\'' && at + 1 < _text.Length && _text[at + 1] == quote)
                {
                    at++;
                }
                else if (_text[at] == quote)
                {
                    return (start, at + 1, IsFlow(start));
                }
            }
        }
        else if (scalar.IsPlain)
        {
            foreach (var isFlow in new[] { false, true })
            {
                var end = PlainEnd(start, isFlow);
                if (_text[start..end] == scalar.Text)
                {
                    return (start, end, isFlow || IsFlow(start));
                }
            }
        }

        throw Refuse(scalar, "the text is written over several lines, or with an anchor or a tag; write it in one line.");
    }

    private int PlainEnd(int start, bool isFlow)
    {
        var end = start;
        while (end < _text.Length && _text[end] is not ('\r' or '\n') && !(_text[end] == '#' && end > start && _text[end - 1] is ' ' or '\t')
            && !(isFlow && _text[end] is ',' or ']' or '}' or '[' or '{') && !(_text[end] == ':' && (end + 1 == _text.Length || char.IsWhiteSpace(_text[end + 1]))))
        {
            end++;
        }

        while (end > start && _text[end - 1] is ' ' or '\t')
        {
            end--;
        }

        return end;
    }

    // Whether a bracket is open there: the trees that enclose a place tell.
    private bool IsFlow(int offset) => IsFlow(Root, offset);

    private bool IsFlow(YamlTree tree, int offset)
    {
        var children = tree switch { YamlMap map => map.Entries.SelectMany(entry => new[] { entry.Key, entry.Value }), YamlList list => list.Items, _ => [] };
        var place = Offset(tree);
        if (tree is not YamlScalar && place < _text.Length && _text[place] is '{' or '[')
        {
            return place <= offset && Last(tree) >= offset;
        }

        return children.Any(child => IsFlow(child, offset));
    }

    private int Last(YamlTree tree) => tree switch
    {
        YamlMap { Entries: [.., var last] } => Math.Max(Last(last.Key), Last(last.Value)),
        YamlList { Items: [.., var last] } => Last(last),
        _ => Offset(tree),
    };

    private int Offset(YamlTree tree) => Math.Min(_lines[Math.Min(tree.Line, _lines.Length) - 1] + tree.Column - 1, _text.Length);

    private int DocumentEnd()
    {
        for (var i = 0; i < _lines.Length; i++)
        {
            if (_text.AsSpan(_lines[i]).StartsWith("...") && i + 1 >= Root.Line)
            {
                return _lines[i];
            }
        }

        return _text.Length;
    }

    private static string Written(string value, char quote, bool isFlow)
    {
        if (quote == '\'')
        {
            return $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
        }

        var isSafe = quote != '"' && value.Length > 0 && value.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,@+".Contains(c, StringComparison.Ordinal))
            && value[^1] != ':' && value[0] is not ('@' or ',' or ':' or '=') && !(value[0] == '-' && value.Length > 1 && value[1] != '-')
            && !(isFlow && value.Contains(',', StringComparison.Ordinal))
            && value is not ("-" or "--" or "---") && !Booleans.Contains(value, StringComparer.OrdinalIgnoreCase) && (value is "true" or "false" || ScalarKind.Of(new YamlScalar(1, 1, value, IsPlain: true)) == ScalarKinds.Text);
        if (isSafe)
        {
            return value;
        }

        var text = new StringBuilder("\"");
        foreach (var c in value)
        {
            text.Append(c is '"' or '\\' ? "\\" : "").Append(c);
        }

        return text.Append('"').ToString();
    }
}
