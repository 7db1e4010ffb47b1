using System.Management.Automation;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Module.Tests.Restores;

/// <summary>Export-RecoveryReport at the prompt, on the journal of a run.</summary>
public sealed class RecoveryReportCommandTests : IDisposable
{
    private const string Export = "ExportRecoveryReportCommand";
    private const string Id = "restore-20261122T141530Z-7f3a";

    private readonly TempFolder _temp = new("reports");
    private readonly ModuleSession _session = new();

    public RecoveryReportCommandTests()
    {
        Directory.CreateDirectory(_temp["runs", Id]);
        File.WriteAllText(_temp["runs", Id, "journal.jsonl"], Journal());
        Run("$ExecutionContext.SessionState.Path.SetLocation($here); $run = Get-RecoveryRun $id -JournalDirectory ../runs", ("here", _temp.CreateFolder("here")), ("id", Id)).Succeed();
    }

    public void Dispose()
    {
        _session.Dispose();
        _temp.Dispose();
    }

    [Fact]
    public void A_run_by_pipeline_orId_is_written_in_the_format_that_the_file_or_the_user_names()
    {
        var html = Assert.IsType<FileInfo>(((PSObject)Run("$run | Export-RecoveryReport").One).BaseObject);
        Assert.Equal(_temp["here", Id + ".html"], html.FullName);
        Assert.Contains("look at &lt;everything&gt;", File.ReadAllText(html.FullName), StringComparison.Ordinal);

        Run("Export-RecoveryReport -Id $id -JournalDirectory ../runs -Path ./a.md").Succeed();
        Assert.StartsWith("# Recovery report", File.ReadAllText(_temp["here", "a.md"]), StringComparison.Ordinal);
        Run("$run | Export-RecoveryReport ./b.txt -Format json").Succeed();
        using var json = JsonDocument.Parse(File.ReadAllText(_temp["here", "b.txt"]));
        Assert.Equal(Id, json.RootElement.GetProperty("run").GetString());
        Run("Export-RecoveryReport -Id $id -JournalDirectory ../runs -Path . -Format Markdown -Culture zh-CN").Succeed();
        Assert.Contains("恢复报告", File.ReadAllText(_temp["here", Id + ".md"]), StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(_temp["here"]), file => file.EndsWith(".part", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_that_is_there_is_replaced_only_with_Force()
    {
        File.WriteAllText(_temp["here", "a.html"], "mine");

        Run("$run | Export-RecoveryReport ./a.html").Reports("ReportFileExists", Export, ErrorCategory.ResourceExists);
        Run("Export-RecoveryReport -Id $id -JournalDirectory ../runs -Path ./a.html").FailsWith("ReportFileExists", Export, ErrorCategory.ResourceExists);
        Assert.Equal("mine", File.ReadAllText(_temp["here", "a.html"]));
        Run("$run | Export-RecoveryReport ./a.html -Force").Succeed();
        Assert.Contains(Id, File.ReadAllText(_temp["here", "a.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public void What_there_is_not_is_refused_by_name_and_nothing_is_written()
    {
        Run("Export-RecoveryReport -Id $id -JournalDirectory ../runs -Culture tlh").FailsWith("ReportCultureUnknown", Export, ErrorCategory.InvalidArgument);
        Run("Export-RecoveryReport -Id $id -JournalDirectory ../runs -Format Pdf").FailsWith("ReportFormatUnknown", Export, ErrorCategory.InvalidArgument);
        Run("Export-RecoveryReport -Id $id -JournalDirectory ../runs -Path ./a.pdf").FailsWith("ReportFormatUnknown", Export, ErrorCategory.InvalidArgument);
        Run("Export-RecoveryReport -Id restore-none -JournalDirectory ../runs").FailsWith("RunNotFound", Export, ErrorCategory.ObjectNotFound);
        Run("Export-RecoveryReport -Id $id -JournalDirectory ../runs -WhatIf").Succeed();
        Assert.Empty(Directory.GetFiles(_temp["here"]));
    }

    [Theory]
    [InlineData("Export-RecoveryReport -Culture z", "zh-CN")]
    [InlineData("Export-RecoveryReport -Culture ", "en-US,zh-CN")]
    [InlineData("Export-RecoveryReport -Format m", "Markdown")]
    public void Cultures_and_formats_are_completed(string typed, string expected)
    {
        var completed = Run("[Management.Automation.CommandCompletion]::CompleteInput($typed, $typed.Length, $null).CompletionMatches.CompletionText", ("typed", typed)).Succeed();

        Assert.Equal(expected, string.Join(',', completed.Output));
    }

    [Fact]
    public void Ids_of_runs_are_completed()
    {
        var typed = $"Export-RecoveryReport -JournalDirectory '{_temp["runs"]}' -Id r";

        Assert.Equal(Id, Run("[Management.Automation.CommandCompletion]::CompleteInput($typed, $typed.Length, $null).CompletionMatches.CompletionText", ("typed", typed)).One);
    }

    [Fact]
    public void The_language_of_the_session_is_the_default()
    {
        Run("[Globalization.CultureInfo]::CurrentUICulture = 'zh-SG'; $run | Export-RecoveryReport ./zh.html; [Globalization.CultureInfo]::CurrentUICulture = 'de-DE'; $run | Export-RecoveryReport ./de.html").Succeed();

        Assert.Contains("<html lang=\"zh-CN\">", File.ReadAllText(_temp["here", "zh.html"]), StringComparison.Ordinal);
        Assert.Contains("<html lang=\"en-US\">", File.ReadAllText(_temp["here", "de.html"]), StringComparison.Ordinal);
    }

    private SessionResult Run(string script, params (string Name, object? Value)[] variables) => _session.Run(script, variables);

    // Records as the journal's format says: each names the SHA-256 of the line before.
    private static string Journal()
    {
        var (journal, previous, sequence) = (new StringBuilder(), new string('0', 64), 0);
        Add("RunBegun", null, new
        {
            run = Id, kind = "restore", target = "prod", @operator = "carol@bastion-1", tool = "DrPowerShell", planDigest = new string('0', 64), plan = new { },
            steps = new[] { new { number = 1, id = "look", phase = "Assess", host = "local", step = "look at <everything>", timeout = "00:01:00" } },
        });
        Add("StepBegun", "look", null);
        Add("StepFinished", "look", null);
        Add("RunFinished", null, new { result = "Healthy" });
        return journal.ToString();

        void Add(string kind, string? step, object? data)
        {
            var record = new Dictionary<string, object?> { ["sequence"] = ++sequence, ["time"] = new DateTimeOffset(2026, 11, 22, 14, 15, 30 + sequence, TimeSpan.Zero), ["kind"] = kind };
            foreach (var (name, value) in new (string, object?)[] { ("step", step), ("data", data), ("previous", previous) })
            {
                if (value is not null)
                {
                    record[name] = value;
                }
            }

            var line = JsonSerializer.Serialize(record);
            journal.Append(line).Append('\n');
            previous = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(line)));
        }
    }
}
