using System.Diagnostics;
using System.Text;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Host.Tests;

/// <summary>A program on a real pseudo-terminal, which <c>script</c> of util-linux makes: what it shows, and somebody who types.</summary>
internal sealed class PseudoTerminal : IAsyncDisposable
{
    private readonly StringBuilder _screen = new();
    private readonly Process _process;
    private readonly Task _reading;

    private PseudoTerminal(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    /// <summary>Everything shown so far, control sequences included.</summary>
    public string Screen
    {
        get
        {
            lock (_screen)
            {
                return _screen.ToString();
            }
        }
    }

    public static PseudoTerminal Start(string command, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var line = $"stty cols 100 rows 30; exec '{RepositoryPaths.Drps}' -Command '{command.Replace("'", "'\\''", StringComparison.Ordinal)}'";
        var start = new ProcessStartInfo("script", ["--quiet", "--return", "--flush", "--command", line, "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["TERM"] = "xterm-256color";
        start.Environment.Remove("NO_COLOR");
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return new PseudoTerminal(Process.Start(start)!);
    }

    public Task ShowsAsync(string text) => Eventually.IsTrueAsync(
        () => Screen.Contains(text, StringComparison.Ordinal), $"the screen shows '{text}'", TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

    public async Task TypeAsync(string text)
    {
        await _process.StandardInput.WriteAsync(text);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits for the program's end and returns its exit code.</summary>
    public async Task<int> EndsAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(limit.Token);
        await _reading;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new char[4096];
        int count;
        while ((count = await _process.StandardOutput.ReadAsync(buffer)) > 0)
        {
            lock (_screen)
            {
                _screen.Append(buffer, 0, count);
            }
        }
    }
}
