using System.Globalization;
using System.Management.Automation;
using DrPowerShell.Core.Reports;
using DrPowerShell.Core.Reports.Writers;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Commands;

/// <summary>Writes the report of a run: what happened, when, by whom, approved by whom, what it destroyed, and how it stands against its targets.</summary>
/// <remarks>
/// <para>
/// The report is made from the run's journal and names its head hash, so that whoever reads it can prove it. HTML is one file that loads nothing from
/// anywhere, with a timeline of all steps, and prints well; Markdown is for wikis and tickets; JSON is the run's record for programs
/// (schemas/recovery-report.schema.json in the module's folder), the same in every culture.
/// </para>
/// <para>
/// A file of the same name is never replaced without -Force (ReportFileExists). What steps said stays in English and is quoted. Each run writes a report
/// by itself at its end: beside its journal, and in the repository that keeps the journal.
/// </para>
/// </remarks>
/// <example>
/// <para>Restore a cluster, and write the report for the auditor.</para>
/// <code>Restore-EtcdCluster -Cluster prod | Export-RecoveryReport -Path ./restore.html -Culture zh-CN</code>
/// </example>
/// <example>
/// <para>Write the reports of earlier runs for a wiki, and of one for a program.</para>
/// <code>Get-RecoveryRun -Cluster prod -Last 3 | Export-RecoveryReport -Path ./wiki -Format Markdown
/// Export-RecoveryReport -Id restore-20261122T141530Z-7f3a -Path ./run.json</code>
/// </example>
/// <example>
/// <para>Keep the report of a restore that failed.</para>
/// <code>try { Restore-EtcdCluster -Cluster prod }
/// catch { $_.Exception.Run | Export-RecoveryReport -Path ./failed.html }</code>
/// </example>
[Cmdlet(VerbsData.Export, "RecoveryReport", DefaultParameterSetName = ByObject, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(FileInfo))]
public sealed class ExportRecoveryReportCommand : DrCmdlet
{
    private const string ByObject = "InputObject";
    private const string ById = "Id";

    /// <summary>A run, as Restore-EtcdCluster and Get-RecoveryRun return it.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByObject)]
    [ValidateNotNull]
    public RecoveryRun? InputObject { get; set; }

    /// <summary>The id of a run on this machine.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ById)]
    [ArgumentCompleter(typeof(RunIdCompleter))]
    [ValidateNotNullOrEmpty]
    public string Id { get; set; } = "";

    /// <summary>The file to write, or an existing folder, in which it is named by the run's id. The default is the current folder.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = ".";

    /// <summary>Html, Markdown or Json. The default is what the file's ending says, else Html.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ReportFormatCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Format { get; set; }

    /// <summary>The language of the report: en-US or zh-CN. The default is that of the session where it is one of these, else en-US.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ReportCultureCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Culture { get; set; }

    /// <summary>The folder of all runs. The default is $env:DRPOWERSHELL_STATE, else the user's folder for state.</summary>
    [Parameter(ParameterSetName = ById)]
    [ValidateNotNullOrEmpty]
    public string? JournalDirectory { get; set; }

    /// <summary>Replace a file of the same name.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void Process() => Item(InputObject?.Id ?? Id, Export, terminating: !MyInvocation.ExpectingInput);

    private void Export()
    {
        var culture = Culture is null ? ReportCulture.For(CultureInfo.CurrentUICulture) : ReportCulture.Get(Culture);
        var given = ResolveDestination(Path);
        var isFolder = Directory.Exists(given);
        var writer = Format is not null ? ReportWriters.Of(Format) : isFolder ? ReportWriters.Of(ReportFormat.Html) : ReportWriters.ForFile(given);
        var run = InputObject ?? RunSession.Read(SessionPaths.Runs(this, JournalDirectory), Id);
        var target = isFolder ? System.IO.Path.Combine(given, run.Id + writer.Ending) : given;
        if (!ShouldProcess(target, $"Export the report of {run.Id}"))
        {
            return;
        }

        ReportFile.Write(target, ReportFile.Bytes(ReportMaker.Make(run), writer, culture), Force);
        WriteObject(new FileInfo(target));
    }
}
