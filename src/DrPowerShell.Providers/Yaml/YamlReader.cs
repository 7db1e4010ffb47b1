using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Ports;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DrPowerShell.Providers.Yaml;

/// <summary>Reads YAML by the parser's events: one document, bounded in size, depth and what its aliases expand to.</summary>
internal sealed class YamlReader : IYamlReader
{
    internal const int MaximumLength = 1 << 20;
    internal const int MaximumDepth = 32;
    internal const int MaximumNodes = 100_000;

    /// <inheritdoc/>
    public YamlTree Read(string text, string file)
    {
        if (text.Length > MaximumLength)
        {
            throw new EstateNotReadableException(file, 1, 1, "the text holds more than 1 MB.");
        }

        return new Reading(text, file).Document();
    }

    /// <summary>One text under way.</summary>
    private sealed class Reading(string text, string file)
    {
        private readonly Parser _parser = new(new StringReader(text));
        private readonly Dictionary<string, (YamlTree Tree, int Nodes)> _anchors = new(StringComparer.Ordinal);
        private int _nodes;

        public YamlTree Document()
        {
            Next<StreamStart>();
            if (Next() is not DocumentStart)
            {
                return new YamlScalar(1, 1, "", IsPlain: true);
            }

            var tree = Node(Next(), depth: 1);
            Next<DocumentEnd>();
            return Next() is DocumentStart second ? throw Refuse(second.Start, "a second document begins; write one.") : tree;
        }

        private YamlTree Node(ParsingEvent start, int depth)
        {
            if (depth > MaximumDepth)
            {
                throw Refuse(start.Start, $"lists and mappings are nested more than {MaximumDepth} deep.");
            }

            var before = _nodes;
            Count(1, start);
            if (start is AnchorAlias alias)
            {
                // The tree is shared, yet each use counts in full: whoever walks it walks it that often.
                var (known, nodes) = _anchors.TryGetValue(alias.Value.Value, out var found)
                    ? found
                    : throw Refuse(alias.Start, $"the alias *{alias.Value} has no anchor &{alias.Value} before it. A text that begins with * must be in quotes.");
                Count(nodes, start);
                return known;
            }

            YamlTree tree = start switch
            {
                Scalar scalar => Leaf(scalar),
                SequenceStart list => List(list, depth),
                MappingStart map => Map(map, depth),
                _ => throw Refuse(start.Start, "a value was expected."),
            };
            // Only now, so that no anchor holds itself.
            if (start is NodeEvent { Anchor.IsEmpty: false } node)
            {
                _anchors[node.Anchor.Value] = (tree, _nodes - before);
            }

            return tree;
        }

        private YamlScalar Leaf(Scalar scalar)
        {
            var isText = !scalar.Tag.IsEmpty && scalar.Tag.Value is "!" or "tag:yaml.org,2002:str";
            if (!isText)
            {
                RefuseTag(scalar);
            }

            return new YamlScalar(Line(scalar.Start), Column(scalar.Start), scalar.Value, scalar.Style == ScalarStyle.Plain && !isText);
        }

        private YamlList List(SequenceStart start, int depth)
        {
            RefuseTag(start);
            var items = new List<YamlTree>();
            for (var next = Next(); next is not SequenceEnd; next = Next())
            {
                items.Add(Node(next, depth + 1));
            }

            return new YamlList(Line(start.Start), Column(start.Start), items);
        }

        private YamlMap Map(MappingStart start, int depth)
        {
            RefuseTag(start);
            var entries = new List<YamlEntry>();
            var names = new HashSet<string>(StringComparer.Ordinal);
            for (var next = Next(); next is not MappingEnd; next = Next())
            {
                if (next is not Scalar || Node(next, depth + 1) is not YamlScalar key)
                {
                    throw Refuse(next.Start, "a key must be a plain text.");
                }

                if (key is { Text: "<<", IsPlain: true })
                {
                    throw Refuse(next.Start, "merge keys (<<) are not supported; write the keys out, or use an alias for a whole value.");
                }

                if (!names.Add(key.Text))
                {
                    throw Refuse(next.Start, $"the key '{Short(key.Text)}' occurs twice in one mapping.");
                }

                entries.Add(new YamlEntry(key, Node(Next(), depth + 1)));
            }

            return new YamlMap(Line(start.Start), Column(start.Start), entries);
        }

        private void RefuseTag(NodeEvent node)
        {
            if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific)
            {
                throw Refuse(node.Start, "tags are not supported; leave it out.");
            }
        }

        private void Count(int nodes, ParsingEvent at)
        {
            _nodes += nodes;
            if (_nodes > MaximumNodes)
            {
                throw Refuse(at.Start, $"the document holds more than {MaximumNodes:N0} values, counting each use of an alias.");
            }
        }

        private void Next<T>()
            where T : ParsingEvent
        {
            if (Next() is var next and not T)
            {
                throw Refuse(next.Start, "the document does not end here.");
            }
        }

        private ParsingEvent Next()
        {
            try
            {
                do
                {
                    if (!_parser.MoveNext())
                    {
                        throw new EstateNotReadableException(file, 1, 1, "the document ends too early.");
                    }
                }
                while (_parser.Current is Comment);

                return _parser.Current!;
            }
            catch (YamlException e)
            {
                throw Tab(e) ?? Refuse(e.Start, Sentence(e));
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException or IndexOutOfRangeException or OverflowException)
            {
                // The parser's own slips on hostile input; it does not say where.
                throw Refuse(_parser.Current?.End ?? Mark.Empty, "the text is no YAML.");
            }
        }

        // The parser trips over a tab in many ways and places; people cannot see it.
        private EstateNotReadableException? Tab(YamlException e)
        {
            var lines = text.Split('\n');
            for (var line = Line(e.Start) - 1; line < Math.Min(lines.Length, Line(e.End) + 1); line++)
            {
                var indent = lines[line].Length - lines[line].TrimStart(' ', '\t').Length;
                if (lines[line].IndexOf('\t', StringComparison.Ordinal) is >= 0 and var column && column < indent)
                {
                    return new EstateNotReadableException(file, line + 1, column + 1, "a tab indents this line; YAML takes spaces only.");
                }
            }

            return null;
        }

        private static string Sentence(YamlException e) =>
            (e.InnerException?.Message ?? e.Message).Trim().TrimEnd('.') is { Length: > 0 } text ? char.ToUpperInvariant(text[0]) + text[1..] + "." : "The text is no YAML.";

        private EstateNotReadableException Refuse(Mark at, string reason) => new(file, Line(at), Column(at), reason);

        private static int Line(Mark mark) => (int)Math.Clamp(mark.Line, 1, int.MaxValue);

        private static int Column(Mark mark) => (int)Math.Clamp(mark.Column, 1, int.MaxValue);

        private static string Short(string text) => text.Length <= 60 ? text : text[..60] + "…";
    }
}
