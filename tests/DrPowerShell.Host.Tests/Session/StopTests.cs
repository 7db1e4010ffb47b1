using System.Diagnostics;
using DrPowerShell.Testing;

namespace DrPowerShell.Host.Tests.Session;

public class StopTests
{
    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task A_signal_stops_the_pipeline_and_the_cmdlet_cleans_up(string signal, int expected)
    {
        using var folder = new TempFolder();
        using var process = Start($"Invoke-Probe Wait -Path '{folder["trace"]}'; 'never'");
        Assert.Equal("waiting", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));

        (await Command.RunAsync("kill", ["-" + signal, $"{process.Id}"])).ThrowIfFailed();
        var rest = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal((expected, ""), (process.ExitCode, rest));
        Assert.Equal("cleaned up", await File.ReadAllTextAsync(folder["trace"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Ctrl_C_on_a_terminal_stops_the_pipeline()
    {
        await using var terminal = PseudoTerminal.Start(Drps.ImportProbe + "Invoke-Probe Wait; \"never\"");
        await terminal.ShowsAsync("waiting");

        await terminal.TypeAsync("\x03");

        Assert.Equal(130, await terminal.EndsAsync());
        Assert.DoesNotContain("never", terminal.Screen);
    }

    [Fact]
    public async Task Ctrl_C_at_a_question_ends_the_question()
    {
        await using var terminal = PseudoTerminal.Start(Drps.ImportProbe + "Invoke-Probe Change; \"never\"");
        await terminal.ShowsAsync("(default is \"Y\"): ");

        await terminal.TypeAsync("\x03");

        Assert.Equal(130, await terminal.EndsAsync());
        Assert.DoesNotContain("never", terminal.Screen);
    }

    private static Process Start(string command) => Process.Start(new ProcessStartInfo(RepositoryPaths.Drps, ["-Command", Drps.ImportProbe + command])
    {
        RedirectStandardOutput = true,
        UseShellExecute = false,
    })!;
}
