using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;

namespace DrPowerShell.Core.Reports.Writers;

/// <summary>The record of a run as JSON: the same in every culture.</summary>
internal sealed class JsonReportWriter : IReportWriter
{
    // Names and texts of every language stay readable; what HTML takes for itself is escaped all the same.
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
        WriteIndented = true,
    };

    public ReportFormat Format => ReportFormat.Json;

    public string Ending => ".json";

    public void Write(RecoveryReport report, ReportCulture culture, TextWriter output) =>
        output.Write(JsonSerializer.Serialize(report, Options).ReplaceLineEndings("\n") + "\n");
}
