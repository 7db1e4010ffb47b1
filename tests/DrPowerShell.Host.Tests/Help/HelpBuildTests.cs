using DrPowerShell.Testing;

namespace DrPowerShell.Host.Tests.Help;

public sealed class HelpBuildTests : IDisposable
{
    private readonly TempFolder _folder = new("help");

    [Fact]
    public async Task Get_Help_shows_the_documentation_comments()
    {
        await BuildAsync();

        var text = (await HelpAsync("Get-Help Invoke-Probe -Full")).Output;

        Assert.Contains("Does to the host whatever a cmdlet may do to one.", text);
        Assert.Contains("The first paragraph names Test-Probe and -Act.", text);
        Assert.Contains("- two", text);
        Assert.Contains("Example 1: Write progress", text);
        Assert.Contains("Invoke-Probe -Act Progress |\n        ForEach-Object { $_ }", text);
        Assert.Contains("It takes a moment.", text);
        Assert.Contains("Invoke-Probe [-Act] {Progress | Warning |", text);
        Assert.Contains("[-WhatIf]", text);
    }

    [Fact]
    public async Task What_the_engine_knows_of_a_parameter_is_in_its_help()
    {
        await BuildAsync();

        var text = (await HelpAsync(
            "foreach ($p in (Get-Help Invoke-Probe -Parameter *)) { \"$($p.name);$($p.required);$($p.position);$($p.pipelineInput);$($p.globbing);$($p.aliases);$($p.defaultValue);$($p.description.Text)\" }")).Output;

        Assert.Contains("Act;true;0;True (ByValue);false;Do;Progress;What to do.\n", text);
        Assert.Contains("Path;false;named;True (ByPropertyName);true;none;None;A path, with wildcards.\n", text);
        Assert.Contains("Shared;false;named;False;false;none;None;The shared parameter, described where it is declared.\n", text);
        Assert.Contains("Overridden;false;named;False;false;none;4;Described by the base, overridden below.\n", text);
    }

    [Fact]
    public async Task Input_and_output_types_are_described()
    {
        await BuildAsync();

        var text = (await HelpAsync("$h = Get-Help Invoke-Probe; $h.returnValues.returnValue.type.name; $h.returnValues.returnValue.description.Text")).Output;

        Assert.Equal("DrPowerShell.Host.Tests.Probe.ProbeResult\nWhat a probe returns.\n", text);
    }

    [Fact]
    public async Task Gaps_are_told_and_fail_the_build_only_when_they_must()
    {
        var lenient = await BuildAsync();
        var strict = await BuildAsync("-Strict");

        Assert.Equal((0, 1), (lenient.ExitCode, strict.ExitCode));
        Assert.Equal(
            """
            help : error DRPS002: Test-Probe has no synopsis: its class needs a <summary>.
            help : error DRPS002: Test-Probe -Undocumented has no description: the property needs a <summary>.
            help : error DRPS002: Test-Probe has 0 of 2 examples: its class needs <example><para>..</para><code>..</code></example>.
            help : error DRPS002: Test-Probe has no OutputType.

            """.ReplaceLineEndings("\n"),
            strict.Output);
        Assert.Contains("help: Test-Probe has no synopsis", lenient.Output);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Makes a module of the probe cmdlets, whose assembly lies where the tests run, and builds its help.</summary>
    private async Task<CommandResult> BuildAsync(params string[] options)
    {
        var assembly = typeof(HelpBuildTests).Assembly.Location;
        var module = _folder.CreateFolder("Probe");
        await File.WriteAllTextAsync(
            Path.Combine(module, "Probe.psd1"),
            $"@{{ RootModule = '{assembly}'; ModuleVersion = '1.0'; CmdletsToExport = 'Invoke-Probe', 'Test-Probe' }}",
            TestContext.Current.CancellationToken);
        var help = Path.Combine(module, "en-US", Path.GetFileName(assembly) + "-Help.xml");
        return await Drps.RunAsync(["-BuildHelp", module, Path.GetDirectoryName(assembly)!, help, .. options]);
    }

    private async Task<CommandResult> HelpAsync(string text) =>
        (await Drps.CommandAsync($"Import-Module '{_folder["Probe"]}'; {text}")).ThrowIfFailed();
}
