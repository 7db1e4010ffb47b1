using DrPowerShell.Testing;

namespace DrPowerShell.Host.Tests.Session;

public class ExitCodeTests
{
    [Theory]
    [InlineData("'fine'", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("throw 'no'", 1)]
    [InlineData("try { throw 'no' } catch { }", 0)]
    [InlineData("1/0; 'goes on'", 1)]
    [InlineData("$ErrorActionPreference = 'Stop'; Import-Module NoSuchModule", 1)]
    [InlineData("Import-Module NoSuchModule; 'goes on'", 0)]
    [InlineData("bash -c 'exit 3'; 'done'", 0)]
    [InlineData("function f { exit 5 }; f; 'never'", 5)]
    [InlineData("if (", 1)]
    public async Task A_script_and_a_command_end_with_the_same_exit_code(string text, int expected)
    {
        var script = await Drps.ScriptAsync(text);
        var command = await Drps.CommandAsync(text);

        Assert.Equal((expected, expected), (script.ExitCode, command.ExitCode));
    }

    [Theory]
    [InlineData("Invoke-Probe Error -Confirm:$false", 0)]
    [InlineData("Invoke-Probe Terminate", 1)]
    [InlineData("Invoke-Probe Terminate; 'goes on'", 1)]
    [InlineData("try { Invoke-Probe Terminate } catch { }", 0)]
    [InlineData("Invoke-Probe Error -ErrorAction Stop", 1)]
    public async Task A_cmdlets_terminating_error_makes_the_exit_code_1(string text, int expected) =>
        Assert.Equal(expected, (await Drps.ProbeAsync(text)).ExitCode);

    [Fact]
    public async Task An_exit_in_a_script_that_a_script_calls_ends_only_the_called_one()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["inner.ps1"], "exit 3", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder["outer.ps1"], "& \"$PSScriptRoot/inner.ps1\"; \"inner: $LASTEXITCODE\"", TestContext.Current.CancellationToken);

        var run = await Drps.RunAsync(folder["outer.ps1"]);

        Assert.Equal((0, "inner: 3\n"), (run.ExitCode, run.Output));
    }

    [Theory]
    [InlineData]
    [InlineData("-Bogus")]
    [InlineData("-Command")]
    [InlineData("no-such-script.ps1")]
    public async Task A_wrong_call_says_so_and_exits_with_64(params string[] arguments)
    {
        var run = await Drps.RunAsync(arguments);

        Assert.Equal((64, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("drps: ", run.Error);
    }

    [Fact]
    public async Task The_version_and_the_usage_are_told_on_standard_output()
    {
        Assert.Matches(@"^drps \d+\.\d+\.\d+ \(PowerShell engine 7\.6\.\d+\)\n$", (await Drps.RunAsync("-Version")).ThrowIfFailed().Output);
        Assert.Contains("drps SCRIPT [ARGUMENTS]", (await Drps.RunAsync("-Help")).ThrowIfFailed().Output);
    }
}
