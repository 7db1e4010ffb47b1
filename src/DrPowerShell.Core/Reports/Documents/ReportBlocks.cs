namespace DrPowerShell.Core.Reports.Documents;

/// <summary>How a piece of text is meant; each writer shows it in its own way.</summary>
internal enum ReportTone
{
    Plain,
    Strong,
    Muted,
    Good,
    Warning,
    Bad,

    /// <summary>A path, digest or code.</summary>
    Code,

    /// <summary>What somebody else named: a host, a cluster, a person, the title of a step.</summary>
    Name,

    /// <summary>What a step, a finding or a person said: not ours, not translated.</summary>
    Quoted,
}

/// <summary>A piece of text.</summary>
/// <param name="Text">Untrusted: writers escape it.</param>
/// <param name="Tone">How it is meant.</param>
/// <param name="Time">The moment that it names, for machines; null where it names none.</param>
internal readonly record struct ReportSpan(string Text, ReportTone Tone = ReportTone.Plain, DateTimeOffset? Time = null)
{
    public static implicit operator ReportSpan(string text) => new(text);
}

/// <summary>Text in one line or cell.</summary>
internal sealed record ReportLine(params IReadOnlyList<ReportSpan> Spans)
{
    public static ReportLine Empty { get; } = new([]);

    public static implicit operator ReportLine(string text) => new([new ReportSpan(text)]);

    public static implicit operator ReportLine(ReportSpan span) => new([span]);
}

/// <summary>A part of a document.</summary>
internal abstract record ReportBlock;

internal sealed record HeadingBlock(string Id, string Text) : ReportBlock;

internal sealed record ParagraphBlock(ReportLine Line) : ReportBlock;

/// <summary>What nobody may overlook.</summary>
internal sealed record CalloutBlock(ReportTone Tone, string Title, IReadOnlyList<ReportLine> Lines) : ReportBlock;

/// <summary>The figures that tell most.</summary>
internal sealed record TilesBlock(IReadOnlyList<ReportTile> Tiles) : ReportBlock;

/// <param name="Label">What it is.</param>
/// <param name="Value">The figure.</param>
/// <param name="Note">What it is measured against.</param>
/// <param name="Tone">Good or bad.</param>
internal sealed record ReportTile(string Label, string Value, string Note, ReportTone Tone);

/// <summary>Names and what they stand for.</summary>
internal sealed record FactsBlock(IReadOnlyList<(string Label, ReportLine Value)> Rows) : ReportBlock;

/// <param name="Caption">What it shows.</param>
/// <param name="Columns">Its heads.</param>
/// <param name="Rows">Its rows.</param>
internal sealed record TableBlock(string Caption, IReadOnlyList<ReportColumn> Columns, IReadOnlyList<ReportRow> Rows) : ReportBlock;

/// <param name="Head">Its head.</param>
/// <param name="Width">Its share of the width, of 100; 0 for what is left.</param>
/// <param name="IsNumber">Whether it holds numbers.</param>
internal sealed record ReportColumn(string Head, int Width = 0, bool IsNumber = false);

/// <param name="Cells">One a column; of a separator the one that goes over all.</param>
/// <param name="Tone">How the whole row is meant.</param>
/// <param name="IsSeparator">Whether it divides the rows before from those after.</param>
internal sealed record ReportRow(IReadOnlyList<ReportLine> Cells, ReportTone Tone = ReportTone.Plain, bool IsSeparator = false);

/// <summary>Lines to be copied as they are.</summary>
internal sealed record CodeBlock(string Text) : ReportBlock;

/// <summary>The steps, drawn over time.</summary>
internal sealed record TimelineBlock(Timeline.TimelinePlan Plan) : ReportBlock;

/// <summary>A report in one language, before it has a form.</summary>
/// <param name="Culture">The language.</param>
/// <param name="Title">What it is about.</param>
/// <param name="Subtitle">The run.</param>
/// <param name="Blocks">Its parts.</param>
/// <param name="Footer">What made it, and when.</param>
internal sealed record ReportDocument(ReportCulture Culture, string Title, ReportLine Subtitle, IReadOnlyList<ReportBlock> Blocks, ReportLine Footer);
