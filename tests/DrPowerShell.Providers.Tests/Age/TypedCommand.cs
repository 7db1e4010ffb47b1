using System.Diagnostics;
using System.Text;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Providers.Tests.Age;

/// <summary>Runs a command on a pseudo-terminal, which <c>script</c> of util-linux makes, and types an answer at each prompt.</summary>
internal static class TypedCommand
{
    public static async Task RunAsync(string command, IReadOnlyList<(string Prompt, string Answer)> answers)
    {
        var start = new ProcessStartInfo("script", ["--quiet", "--return", "--flush", "--command", command, "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        try
        {
            var screen = new StringBuilder();
            var reading = ReadAsync(process, screen);
            foreach (var (prompt, answer) in answers)
            {
                await Eventually.IsTrueAsync(() => Read(screen).Contains(prompt, StringComparison.Ordinal), $"'{command}' asks '{prompt}'");
                await process.StandardInput.WriteAsync(answer + "\r");
                await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
            }

            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(TimeSpan.FromSeconds(60));
            await process.WaitForExitAsync(limit.Token);
            await reading;
            Assert.True(process.ExitCode == 0, $"{command}: {screen}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string Read(StringBuilder screen)
    {
        lock (screen)
        {
            return screen.ToString();
        }
    }

    private static async Task ReadAsync(Process process, StringBuilder screen)
    {
        var buffer = new char[1024];
        for (int count; (count = await process.StandardOutput.ReadAsync(buffer)) > 0;)
        {
            lock (screen)
            {
                screen.Append(buffer, 0, count);
            }
        }
    }
}
