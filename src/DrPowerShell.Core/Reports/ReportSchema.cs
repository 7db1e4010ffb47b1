using DrPowerShell.Core.Configuration.Binding;

namespace DrPowerShell.Core.Reports;

/// <summary>Writes the JSON Schema of reports.</summary>
internal static class ReportSchema
{
    public static string Write() => RecordSchema.Write(typeof(RecoveryReport), "recovery-report", "DrPowerShell report of a run", RecoveryReport.CurrentSchema);
}
