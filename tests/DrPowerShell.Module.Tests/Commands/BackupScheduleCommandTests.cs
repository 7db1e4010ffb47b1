using System.Management.Automation;
using System.Management.Automation.Language;
using System.Runtime.Versioning;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Module.Tests.Commands;

[UnsupportedOSPlatform("windows")]
public sealed class BackupScheduleCommandTests : IClassFixture<BuiltModule>, IDisposable
{
    private const string New = "NewBackupScheduleCommand";
    private const string Invoke = "InvokeBackupScheduleCommand";

    private readonly TempFolder _folder = new("schedule");
    private readonly ModuleSession _session;

    public BackupScheduleCommandTests(BuiltModule module)
    {
        _session = module.Session;
        _folder.CreateFolder("store");
        var estate = _folder["the o'brien estate.yaml"];
        File.WriteAllText(estate, $$"""
            clusters:
              prod: { endpoints: ["http://127.0.0.1:1"], timeout: 1s }
            repositories:
              store: { uri: "file://{{_folder["store"]}}" }
            schedules:
              nightly: { cluster: prod, repository: store, when: "30 2 * * *", timeZone: Europe/Berlin }
              friday: { cluster: prod, repository: store, when: "0 2 13 * 5" }
            """);
        File.SetUnixFileMode(estate, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Systemd", "drpowershell-nightly.service drpowershell-nightly.timer")]
    [InlineData("Crontab", "drpowershell-nightly.cron")]
    [InlineData("KubernetesCronJob", "drpowershell-nightly.yaml")]
    [InlineData("AzureAutomation", "drpowershell-nightly.ps1 drpowershell-nightly.schedules.json")]
    public void The_files_of_a_target_come_out_or_are_written(string target, string names)
    {
        var made = Run("New-BackupSchedule nightly -Estate $path -As $as -Image x:1", target).Succeed();
        var whatIf = Run("New-BackupSchedule nightly -Estate $path -As $as -Image x:1 -OutputDirectory $out -WhatIf", target).Succeed();
        Assert.Empty(whatIf.Output);
        Assert.False(Directory.Exists(_folder["out"]));
        var written = Run("New-BackupSchedule nightly -Estate $path -As $as -Image x:1 -OutputDirectory $out", target).Succeed();

        Assert.Equal(names, string.Join(' ', made.All("FileName")));
        Assert.All(made.All("Path"), Assert.Null);
        Assert.Equal(names.Split(' ').Select(name => _folder["out", name]), written.All("Path"));
        Assert.All(written.Output, file => Assert.Equal(file.Properties["Content"].Value, File.ReadAllText((string)file.Properties["Path"].Value)));
    }

    [Fact]
    public void What_a_shell_hands_to_pwsh_is_one_run_of_the_schedule()
    {
        var line = ((string)Run("New-BackupSchedule nightly -Estate $path -As Crontab", "").One.Content).Split('\n')[^2];
        var script = line[(line.IndexOf("-Command '", StringComparison.Ordinal) + "-Command '".Length)..^1].Replace(@"'\''", "'", StringComparison.Ordinal);
        var ast = Parser.ParseInput(script, out _, out var errors);

        Assert.Empty(errors);
        var calls = ast.FindAll(node => node is CommandAst, searchNestedScriptBlocks: true).Cast<CommandAst>().ToArray();
        Assert.Equal(["Import-Module", "Invoke-BackupSchedule"], calls.Select(call => call.GetCommandName()));
        Assert.Equal([BuiltModule.Folder], calls[0].CommandElements.OfType<StringConstantExpressionAst>().Skip(1).Select(one => one.Value));
        Assert.Equal(["nightly", _folder["the o'brien estate.yaml"]], calls[1].CommandElements.OfType<StringConstantExpressionAst>().Skip(1).Select(one => one.Value));
    }

    [Fact]
    public void What_cannot_be_written_is_told()
    {
        Run("New-BackupSchedule weekly -Estate $path -As Systemd", "").FailsWith("ScheduleNotFound", New, ErrorCategory.ObjectNotFound);
        Run("New-BackupSchedule friday -Estate $path -As Crontab", "").FailsWith("ScheduleNotExpressible", New, ErrorCategory.InvalidOperation);
        Run("New-BackupSchedule nightly -Estate $path -As KubernetesCronJob", "").FailsWith("ParametersConflict", New, ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void A_run_that_falls_short_ends_in_one_line_after_it_said_what_it_did()
    {
        Assert.Empty(Run("Invoke-BackupSchedule nightly -Estate $path -WhatIf", "").Succeed().Output);
        var result = Run("Invoke-BackupSchedule nightly -Estate $path", "");

        var error = result.FailsWith("BackupScheduleFailed", Invoke, ErrorCategory.InvalidOperation);
        Assert.DoesNotContain('\n', error.Exception.Message);
        Assert.Contains("backup: ", error.Exception.Message);
        Assert.Contains("NoBackups", error.Exception.Message);
        Assert.Null(Assert.Single(result.Output).Properties["Backup"].Value);
        Assert.Equal(["store", "the o'brien estate.yaml"], _folder.List().Where(name => !name.StartsWith("store/", StringComparison.Ordinal)));
        Run("Invoke-BackupSchedule weekly -Estate $path", "").FailsWith("ScheduleNotFound", Invoke, ErrorCategory.ObjectNotFound);
    }

    private SessionResult Run(string script, string target) => _session.Run(script, ("path", _folder["the o'brien estate.yaml"]), ("as", target), ("out", _folder["out"]));
}
