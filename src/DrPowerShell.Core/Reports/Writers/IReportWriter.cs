namespace DrPowerShell.Core.Reports.Writers;

/// <summary>Writes a report in one format.</summary>
public interface IReportWriter
{
    ReportFormat Format { get; }

    /// <summary>How its files end, the dot included.</summary>
    string Ending { get; }

    /// <summary>Writes the report.</summary>
    void Write(RecoveryReport report, ReportCulture culture, TextWriter output);
}

/// <summary>The writers.</summary>
public static class ReportWriters
{
    public static IReadOnlyList<IReportWriter> All { get; } = [new HtmlReportWriter(), new MarkdownReportWriter(), new JsonReportWriter()];

    public static IReportWriter Of(ReportFormat format) => All.First(writer => writer.Format == format);

    /// <summary>The writer of a format's name, in any case.</summary>
    /// <exception cref="Errors.ReportFormatUnknownException">There is none.</exception>
    public static IReportWriter Of(string format) =>
        All.FirstOrDefault(writer => writer.Format.ToString().Equals(format, StringComparison.OrdinalIgnoreCase)) ?? throw new Errors.ReportFormatUnknownException(format);

    /// <summary>The writer that a file's name asks for; HTML where it has no ending.</summary>
    /// <exception cref="Errors.ReportFormatUnknownException">Its ending is none of ours.</exception>
    public static IReportWriter ForFile(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        "" or ".html" or ".htm" => Of(ReportFormat.Html),
        ".md" or ".markdown" => Of(ReportFormat.Markdown),
        ".json" => Of(ReportFormat.Json),
        var other => throw new Errors.ReportFormatUnknownException(other),
    };
}
