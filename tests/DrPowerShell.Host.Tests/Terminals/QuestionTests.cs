namespace DrPowerShell.Host.Tests.Terminals;

public class QuestionTests
{
    [Theory]
    [InlineData("Invoke-Probe Change", "Change")]
    [InlineData("Invoke-Probe -Overridden 1", "Act")]
    [InlineData("Invoke-Probe AskLine", "a line of input")]
    [InlineData("Invoke-Probe AskSecret", "a secret")]
    [InlineData("Invoke-Probe AskCredential", "a user name and a password")]
    public async Task Where_there_is_no_terminal_a_question_is_an_error_at_once(string command, string about)
    {
        var run = await Drps.ProbeAsync(command);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains(about, run.Error);
    }

    [Fact]
    public async Task Nothing_is_asked_when_the_change_was_approved_beforehand() =>
        Assert.Equal("changed\n", (await Drps.ProbeAsync("Invoke-Probe Change -Confirm:$false")).ThrowIfFailed().Output);

    [Theory]
    [InlineData("y\r", "changed")]
    [InlineData("\r", "changed")]
    [InlineData("x\x7fn\r", "left alone")]
    [InlineData("?\rno\r", "left alone")]
    public async Task A_choice_is_made_on_a_terminal(string typed, string result)
    {
        await using var terminal = PseudoTerminal.Start(Drps.ImportProbe + "Invoke-Probe Change");
        await terminal.ShowsAsync("[Y] Yes  [A] Yes to All  [N] No  [L] No to All  [S] Suspend  [?] Help (default is \"Y\"): ");

        await terminal.TypeAsync(typed);

        Assert.Equal(0, await terminal.EndsAsync());
        Assert.Contains(result, terminal.Screen);
    }

    [Fact]
    public async Task A_missing_mandatory_parameter_is_asked_for()
    {
        await using var terminal = PseudoTerminal.Start(Drps.ImportProbe + "Invoke-Probe -Confirm:$false");
        await terminal.ShowsAsync("Act: ");

        await terminal.TypeAsync("Change\r");

        Assert.Equal(0, await terminal.EndsAsync());
        Assert.Contains("changed", terminal.Screen);
    }

    [Fact]
    public async Task A_secret_is_not_shown()
    {
        await using var terminal = PseudoTerminal.Start(Drps.ImportProbe + "Invoke-Probe AskCredential");
        await terminal.ShowsAsync("User: ");
        await terminal.TypeAsync("root\r");
        await terminal.ShowsAsync("Password for user root: ");

        await terminal.TypeAsync("geheim\r");

        Assert.Equal(0, await terminal.EndsAsync());
        Assert.Contains("Password for user root: ******\r\n", terminal.Screen);
        Assert.Contains("root/geheim", terminal.Screen);
    }

    [Fact]
    public async Task Progress_on_a_terminal_is_a_bar_that_goes_away()
    {
        await using var terminal = PseudoTerminal.Start(Drps.ImportProbe + "Invoke-Probe Progress");

        Assert.Equal(0, await terminal.EndsAsync());
        Assert.Contains("\r[---------------------] Copying: 0 of 100 MB, 2 s left\e[K", terminal.Screen);
        Assert.Contains("\r\e[Kcopied\r\n", terminal.Screen);
    }

    [Fact]
    public async Task An_error_on_a_terminal_is_red_unless_colours_are_unwanted()
    {
        await using var coloured = PseudoTerminal.Start(Drps.ImportProbe + "Invoke-Probe Error");
        await coloured.EndsAsync();
        await using var plain = PseudoTerminal.Start(
            Drps.ImportProbe + "Invoke-Probe Error", new Dictionary<string, string?> { ["NO_COLOR"] = "1" });
        await plain.EndsAsync();

        Assert.Contains("\e[31;1mInvoke-Probe: it went wrong\e[0m", coloured.Screen);
        Assert.Contains("\r\nInvoke-Probe: it went wrong\r\n", "\r\n" + plain.Screen[plain.Screen.IndexOf("Invoke-Probe", StringComparison.Ordinal)..]);
    }
}
