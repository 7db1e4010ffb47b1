namespace DrPowerShell.Host.Tests.Session;

public class ScriptTests
{
    private const string Echo = "param([string] $Name, [int] $Count = 1, [switch] $Loud)\n\"$Name|$Count|$Loud|$($args -join ',')\"";

    [Theory]
    [InlineData("x|5|False|", "-Name", "x", "5")]
    [InlineData("x|5|True|", "-Loud", "x", "5")]
    [InlineData("x|-5|False|", "-Name:x", "-Count", "-5")]
    [InlineData("a b|1|False|", "-name", "a b", "-Loud:$false")]
    [InlineData("x|2|False|more,-even", "x", "2", "more", "-even")]
    [InlineData("$(1/0)|1|False|", "$(1/0)")]
    public async Task Arguments_bind_as_with_pwsh_and_are_never_evaluated(string expected, params string[] arguments) =>
        Assert.Equal(expected + "\n", (await Drps.ScriptAsync(Echo, arguments)).ThrowIfFailed().Output);

    [Fact]
    public async Task Words_without_a_param_block_are_in_args() =>
        Assert.Equal("2: a,b c\n", (await Drps.ScriptAsync("\"$($args.Count): $($args -join ',')\"", "a", "b c")).ThrowIfFailed().Output);

    [Fact]
    public async Task A_script_knows_its_own_folder_and_name()
    {
        var run = await Drps.ScriptAsync("$PSScriptRoot; $PSCommandPath; $MyInvocation.MyCommand.Name; function f { $PSScriptRoot }; f");

        var lines = run.ThrowIfFailed().Output.TrimEnd().Split('\n');
        Assert.Equal([lines[0], lines[0] + "/probe.ps1", "probe.ps1", lines[0]], lines);
    }

    [Fact]
    public async Task The_module_is_there_without_being_imported_and_can_be_imported_by_name()
    {
        var run = await Drps.ScriptAsync("(Get-Module).Name; Import-Module DrPowerShell -Force; (Get-Module -ListAvailable).Name; $Host.Name");

        Assert.Equal("DrPowerShell\nDrPowerShell\ndrps\n", run.ThrowIfFailed().Output);
    }

    [Fact]
    public async Task Requires_statements_are_obeyed()
    {
        var fits = await Drps.ScriptAsync("#requires -Version 7.4\n#requires -PSEdition Core\n'ran'");
        var newer = await Drps.ScriptAsync("#requires -Version 99.0\n'ran'");
        var module = await Drps.ScriptAsync("#requires -Modules Microsoft.PowerShell.Utility\n'ran'");

        Assert.Equal((0, "ran\n"), (fits.ExitCode, fits.Output));
        Assert.Equal((1, ""), (newer.ExitCode, newer.Output));
        Assert.Equal((1, ""), (module.ExitCode, module.Output));
        Assert.Contains("Microsoft.PowerShell.Utility", module.Error);
    }
}
