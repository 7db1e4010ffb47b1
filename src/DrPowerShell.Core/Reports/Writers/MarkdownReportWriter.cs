using System.Text;
using DrPowerShell.Core.Reports.Documents;

namespace DrPowerShell.Core.Reports.Writers;

/// <summary>Markdown with tables, as GitHub, GitLab and most wikis read it. The timeline is left out: the table of phases tells the same.</summary>
internal sealed class MarkdownReportWriter : IReportWriter
{
    public ReportFormat Format => ReportFormat.Markdown;

    public string Ending => ".md";

    public void Write(RecoveryReport report, ReportCulture culture, TextWriter output)
    {
        var document = ReportComposer.Compose(report, culture);
        output.Write($"# {Escape(document.Title)}\n\n{Line(document.Subtitle)}\n");
        var head = "";
        for (var i = 0; i < document.Blocks.Count; i++)
        {
            head = document.Blocks[i] is HeadingBlock heading ? heading.Text : head;
            if (document.Blocks[i] is not TimelineBlock && !(document.Blocks[i] is HeadingBlock && document.Blocks[i + 1] is TimelineBlock))
            {
                output.Write($"\n{Block(document.Blocks[i], head, culture)}\n");
            }
        }

        output.Write($"\n---\n\n{Line(document.Footer)}\n");
    }

    private static string Block(ReportBlock block, string head, ReportCulture culture) => block switch
    {
        HeadingBlock heading => $"## {Escape(heading.Text)}",
        ParagraphBlock paragraph => Line(paragraph.Line),
        CalloutBlock callout => string.Join("\n>\n", callout.Lines.Select(Line).Prepend($"**{Escape(callout.Title)}**").Select(line => "> " + line)),
        TilesBlock tiles => Table(["", culture["value"], culture["note"]], tiles.Tiles.Select(tile => new[] { $"**{Escape(tile.Label)}**", Escape(tile.Value), Escape(tile.Note) })),
        FactsBlock facts => Table(["", culture["value"]], facts.Rows.Select(row => new[] { $"**{Escape(row.Label)}**", Line(row.Value) })),
        TableBlock table => (table.Caption == head ? "" : $"**{Escape(table.Caption)}**\n\n") + Table([.. table.Columns.Select(column => Escape(column.Head))], table.Rows.Select(row => Row(row, table.Columns.Count)), [.. table.Columns.Select(column => column.IsNumber)]),
        CodeBlock code => $"```powershell\n{VisibleText.Of(code.Text)}\n```",
        _ => "",
    };

    private static string[] Row(ReportRow row, int columns) =>
        row.IsSeparator ? [.. Enumerable.Repeat("", columns).Select((empty, i) => i == Math.Min(3, columns - 1) ? $"**{Line(row.Cells[0])}**" : empty)] : [.. row.Cells.Select(Line)];

    private static string Table(IReadOnlyList<string> heads, IEnumerable<string[]> rows, bool[]? numbers = null)
    {
        var text = new StringBuilder();
        text.Append("| ").AppendJoin(" | ", heads).Append(" |\n|");
        for (var i = 0; i < heads.Count; i++)
        {
            text.Append(numbers?[i] == true ? "---:|" : "---|");
        }

        foreach (var row in rows)
        {
            text.Append("\n| ").AppendJoin(" | ", row).Append(" |");
        }

        return text.ToString();
    }

    private static string Line(ReportLine line) => string.Concat(line.Spans.Select(Span));

    private static string Span(ReportSpan span) => span.Tone switch
    {
        _ when string.IsNullOrWhiteSpace(span.Text) => span.Text.Replace("\n", "<br>", StringComparison.Ordinal),
        ReportTone.Strong or ReportTone.Bad or ReportTone.Warning => $"**{Escape(span.Text.Trim())}**",
        ReportTone.Code => $"<code>{Escape(span.Text)}</code>",
        ReportTone.Quoted => $"“{Escape(span.Text)}”",
        _ => Escape(span.Text),
    };

    /// <summary>Text that means nothing but itself, in a table too.</summary>
    internal static string Escape(string text)
    {
        var (escaped, before) = (new StringBuilder(text.Length + 16), '\0');
        foreach (var c in VisibleText.Of(text))
        {
            _ = c switch
            {
                '\n' => escaped.Append("<br>"),
                '\t' => escaped.Append(' '),
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '\\' or '`' or '*' or '_' or '{' or '}' or '[' or ']' or '#' or '|' or '~' or '!' => escaped.Append('\\').Append(c),

                // Else somebody would be mentioned, or an address become a link.
                '@' when !char.IsLetterOrDigit(before) => escaped.Append("&#64;"),
                '/' when before == '/' => escaped.Append("&#47;"),
                _ => escaped.Append(c),
            };
            before = c;
        }

        return escaped.ToString();
    }
}
