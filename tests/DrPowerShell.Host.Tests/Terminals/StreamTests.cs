namespace DrPowerShell.Host.Tests.Terminals;

public class StreamTests
{
    [Fact]
    public async Task Results_go_to_standard_output_and_what_is_said_about_them_to_standard_error()
    {
        var run = await Drps.ProbeAsync("$InformationPreference = $DebugPreference = 'Continue'; Invoke-Probe Warning -Verbose; 'result'");

        Assert.Equal("by the way\nresult\n", run.ThrowIfFailed().Output);
        Assert.Equal("WARNING: take care\nVERBOSE: why\nDEBUG: how\n", run.Error);
    }

    [Fact]
    public async Task An_error_is_one_sentence_and_what_to_do_about_it()
    {
        var run = await Drps.ProbeAsync("Invoke-Probe Error");

        Assert.Equal("went on\n", run.ThrowIfFailed().Output);
        Assert.Equal("Invoke-Probe: it went wrong\n  Recommended: try the other way:  Invoke-Probe Change\n  or ask somebody.\n", run.Error);
    }

    [Fact]
    public async Task An_error_in_a_script_says_where()
    {
        var cmdlet = await Drps.ScriptAsync($"{Drps.ImportProbe}\nInvoke-Probe Terminate");
        var script = await Drps.ScriptAsync("'one'\nthrow 'the disk is gone'");

        Assert.StartsWith("Invoke-Probe: it cannot go on\n", cmdlet.Error);
        Assert.EndsWith("\n  At probe.ps1:2\n", cmdlet.Error);
        Assert.Equal("probe.ps1:2: the disk is gone\n", script.Error);
    }

    [Fact]
    public async Task Every_parse_error_is_named_with_its_line()
    {
        var run = await Drps.ScriptAsync("'one'\nif (\n$x = )");

        Assert.Equal("", run.Output);
        Assert.All(run.Error.TrimEnd().Split('\n'), line => Assert.Matches(@"^probe\.ps1:[23]: ", line));
    }

    [Fact]
    public async Task A_file_gets_no_control_sequences()
    {
        var run = await Drps.ProbeAsync("[pscustomobject] @{ Name = 'a' }; Invoke-Probe Error; Invoke-Probe Progress; Get-Module");

        Assert.DoesNotContain('\e', run.Output + run.Error);
    }

    [Fact]
    public async Task Progress_in_a_log_is_a_line_now_and_then()
    {
        var run = await Drps.ProbeAsync("Invoke-Probe Progress");

        Assert.Equal("copied\n", run.ThrowIfFailed().Output);
        Assert.Equal("Copying: 0 of 100 MB, 2 s left (0 %)\n", run.Error);
    }

    [Fact]
    public async Task Silenced_progress_is_silent() =>
        Assert.Equal("", (await Drps.ProbeAsync("$ProgressPreference = 'SilentlyContinue'; Invoke-Probe Progress")).ThrowIfFailed().Error);

    [Fact]
    public async Task Wide_text_keeps_the_columns_of_a_table_in_line()
    {
        var run = await Drps.CommandAsync("[pscustomobject] @{ Name = '恢复'; B = 1 }, [pscustomobject] @{ Name = 'abcdef'; B = 2 }");

        Assert.Contains("恢复   1\n", run.ThrowIfFailed().Output);
        Assert.Contains("abcdef 2\n", run.Output);
    }
}
