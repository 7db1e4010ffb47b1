using System.Globalization;
using DrPowerShell.Core.Reports.Documents;
using DrPowerShell.Core.Reports.Timeline;

namespace DrPowerShell.Core.Reports.Writers;

/// <summary>One HTML file that loads nothing and runs nothing, for screens, dark or light, and for paper.</summary>
internal sealed class HtmlReportWriter : IReportWriter
{
    // Fits on what is left of a page, or on the next one.
    private const int ShortTable = 14;

    private static readonly string Style = Load();

    public ReportFormat Format => ReportFormat.Html;

    public string Ending => ".html";

    public void Write(RecoveryReport report, ReportCulture culture, TextWriter output)
    {
        var document = ReportComposer.Compose(report, culture);
        var title = HtmlText.Escape($"{document.Title} – {report.Run}");
        output.Write($"""
            <!DOCTYPE html>
            <html lang="{culture.Name}">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <meta name="generator" content="{HtmlText.Escape(report.Tool)}">
            <title>{title}</title>
            <style>
            {Style}
            </style>
            </head>
            <body>
            <header>
            <h1>{HtmlText.Escape(document.Title)}</h1>
            <p class="run">{Line(document.Subtitle)}</p>
            </header>
            <main>

            """.ReplaceLineEndings("\n"));
        var (isOpen, head) = (false, "");
        foreach (var block in document.Blocks)
        {
            if (block is HeadingBlock heading)
            {
                output.Write($"{(isOpen ? "</section>\n" : "")}<section aria-labelledby=\"{heading.Id}\">\n<h2 id=\"{heading.Id}\">{HtmlText.Escape(heading.Text)}</h2>\n");
                (isOpen, head) = (true, heading.Text);
            }
            else
            {
                Write(block, head, culture, output);
            }
        }

        output.Write($"{(isOpen ? "</section>\n" : "")}</main>\n<footer>\n<p>{Line(document.Footer)}</p>\n</footer>\n</body>\n</html>\n");
    }

    private static void Write(ReportBlock block, string head, ReportCulture culture, TextWriter output)
    {
        switch (block)
        {
            case ParagraphBlock paragraph:
                output.Write($"<p>{Line(paragraph.Line)}</p>\n");
                break;
            case CalloutBlock callout:
                output.Write($"<aside class=\"callout {Class(callout.Tone)}\">\n<p class=\"callout-title\">{HtmlText.Escape(callout.Title)}</p>\n{string.Concat(callout.Lines.Select(line => $"<p>{Line(line)}</p>\n"))}</aside>\n");
                break;
            case TilesBlock tiles:
                output.Write($"<dl class=\"tiles\">\n{string.Concat(tiles.Tiles.Select(Tile))}</dl>\n");
                break;
            case FactsBlock facts:
                output.Write($"<table class=\"facts\">\n<tbody>\n{string.Concat(facts.Rows.Select(row => $"<tr><th scope=\"row\">{HtmlText.Escape(row.Label)}</th><td>{Line(row.Value)}</td></tr>\n"))}</tbody>\n</table>\n");
                break;
            case CodeBlock code:
                output.Write($"<pre><code>{HtmlText.Escape(code.Text)}</code></pre>\n");
                break;
            case TableBlock table:
                Table(table, isHeadEnough: table.Caption == head, output);
                break;
            case TimelineBlock timeline:
                output.Write("<figure>\n");
                new TimelineDrawing(timeline.Plan, culture, output).Write();
                output.Write($"\n<figcaption>{HtmlText.Escape(culture["timeline.caption"])}</figcaption>\n</figure>\n");
                break;
        }
    }

    private static string Tile(ReportTile tile) =>
        $"<div class=\"tile {Class(tile.Tone)}\"><dt>{HtmlText.Escape(tile.Label)}</dt><dd><span class=\"value\">{HtmlText.Escape(tile.Value)}</span><span class=\"note\">{HtmlText.Escape(tile.Note)}</span></dd></div>\n";

    private static void Table(TableBlock table, bool isHeadEnough, TextWriter output)
    {
        output.Write($"<table{(table.Rows.Count <= ShortTable ? " class=\"short\"" : "")}>\n<caption{(isHeadEnough ? " class=\"unseen\"" : "")}>{HtmlText.Escape(table.Caption)}</caption>\n<colgroup>");
        foreach (var column in table.Columns)
        {
            output.Write(column.Width == 0 ? "<col>" : string.Create(CultureInfo.InvariantCulture, $"<col style=\"width:{column.Width}%\">"));
        }

        output.Write("</colgroup>\n<thead>\n<tr>");
        foreach (var column in table.Columns)
        {
            output.Write($"<th scope=\"col\"{(column.IsNumber ? " class=\"number\"" : "")}>{HtmlText.Escape(column.Head)}</th>");
        }

        output.Write("</tr>\n</thead>\n<tbody>\n");
        foreach (var row in table.Rows)
        {
            output.Write(row.IsSeparator
                ? string.Create(CultureInfo.InvariantCulture, $"<tr class=\"separator\"><td colspan=\"{table.Columns.Count}\">{Line(row.Cells[0])}</td></tr>\n")
                : $"<tr{(row.Tone == ReportTone.Plain ? "" : $" class=\"{Class(row.Tone)}\"")}>{string.Concat(row.Cells.Select((cell, i) => $"<td{(table.Columns[i].IsNumber ? " class=\"number\"" : "")}>{Line(cell)}</td>"))}</tr>\n");
        }

        output.Write("</tbody>\n</table>\n");
    }

    private static string Line(ReportLine line) => string.Concat(line.Spans.Select(Span));

    private static string Span(ReportSpan span)
    {
        var text = HtmlText.Escape(span.Text).Replace("\n", "<br>", StringComparison.Ordinal);
        if (span.Time is { } time)
        {
            return $"<time datetime=\"{time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)}\">{text}</time>";
        }

        return span.Tone switch
        {
            ReportTone.Plain => text,
            ReportTone.Strong => $"<strong>{text}</strong>",
            ReportTone.Code => $"<code>{text}</code>",

            // Whatever their language and direction, they bend nothing around them.
            ReportTone.Name => $"<bdi>{text}</bdi>",
            ReportTone.Quoted => $"<q class=\"quoted\"><bdi>{text}</bdi></q>",
            var tone => $"<span class=\"{Class(tone)}\">{text}</span>",
        };
    }

    private static string Class(ReportTone tone) => tone.ToString().ToLowerInvariant();

    private static string Load()
    {
        using var file = new StreamReader(typeof(HtmlReportWriter).Assembly.GetManifestResourceStream("Reports.report.css") ?? throw new FileNotFoundException("The style of reports is missing."));
        return file.ReadToEnd().ReplaceLineEndings("\n").TrimEnd();
    }
}
