using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace DrPowerShell.Host.Help;

/// <summary>Turns the markup of a documentation comment into the plain paragraphs that help shows.</summary>
/// <param name="cmdlets">Cmdlet names by the full name of their class, so that a reference to the class reads as users know it.</param>
internal sealed partial class DocumentationText(IReadOnlyDictionary<string, string> cmdlets)
{
    /// <summary>The paragraphs of an element: what stands in <c>para</c> and <c>item</c>, and the loose text between.</summary>
    public IReadOnlyList<string> Paragraphs(XElement? element)
    {
        var paragraphs = new List<string>();
        var loose = new StringBuilder();
        if (element is not null)
        {
            Collect(element, paragraphs, loose);
            Flush(paragraphs, loose);
        }

        return paragraphs;
    }

    /// <summary>An element as one line.</summary>
    public string Line(XElement? element) => string.Join(' ', Paragraphs(element));

    /// <summary>A block of code without the indentation that the comment gave it.</summary>
    public static string Code(XElement element)
    {
        var lines = element.Value.ReplaceLineEndings("\n").Trim('\n').TrimEnd().Split('\n');
        var indentation = lines.Where(line => line.Trim().Length > 0).Select(line => line.Length - line.TrimStart().Length).DefaultIfEmpty().Min();
        return string.Join('\n', lines.Select(line => line.Length >= indentation ? line[indentation..].TrimEnd() : line.Trim()));
    }

    private void Collect(XElement element, List<string> paragraphs, StringBuilder loose)
    {
        foreach (var node in element.Nodes())
        {
            switch (node)
            {
                case XText text:
                    loose.Append(text.Value);
                    break;
                case XElement { Name.LocalName: "example" }:
                    break;
                case XElement { Name.LocalName: "para" or "list" or "description" or "term" } block:
                    Flush(paragraphs, loose);
                    Collect(block, paragraphs, loose);
                    Flush(paragraphs, loose);
                    break;
                case XElement { Name.LocalName: "item" } item:
                    Flush(paragraphs, loose);
                    paragraphs.Add("- " + string.Join(": ", Paragraphs(item)));
                    break;
                case XElement { Name.LocalName: "see" or "seealso" or "paramref" or "typeparamref" } reference:
                    loose.Append(Reference(reference));
                    break;
                case XElement inline:
                    Collect(inline, paragraphs, loose);
                    break;
            }
        }
    }

    private string Reference(XElement reference)
    {
        if (reference.Value.Length > 0)
        {
            return reference.Value;
        }

        if ((string?)reference.Attribute("cref") is not { } cref)
        {
            return (string?)reference.Attribute("langword") ?? (string?)reference.Attribute("href") ?? (string?)reference.Attribute("name") ?? "";
        }

        var name = cref[(cref.IndexOf(':', StringComparison.Ordinal) + 1)..];
        if (cmdlets.TryGetValue(name, out var cmdlet))
        {
            return cmdlet;
        }

        // A property of a cmdlet is a parameter to the reader.
        var dot = name.LastIndexOf('.');
        var last = name[(dot + 1)..];
        return cref.StartsWith("P:", StringComparison.Ordinal) && cmdlets.ContainsKey(name[..dot]) ? "-" + last : last;
    }

    private static void Flush(List<string> paragraphs, StringBuilder loose)
    {
        var text = WhiteSpace().Replace(loose.ToString(), " ").Trim();
        loose.Clear();
        if (text.Length > 0)
        {
            paragraphs.Add(text);
        }
    }

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex WhiteSpace();
}
