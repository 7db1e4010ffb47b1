namespace DrPowerShell.Core.Reports;

/// <summary>The forms of a report.</summary>
public enum ReportFormat
{
    /// <summary>One file that loads nothing, for screens and paper.</summary>
    Html,

    /// <summary>Text for wikis and tickets.</summary>
    Markdown,

    /// <summary>The run's record, for programs.</summary>
    Json,
}
