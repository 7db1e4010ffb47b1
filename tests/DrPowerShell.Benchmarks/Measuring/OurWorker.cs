using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DrPowerShell.Benchmarks.Acts;

namespace DrPowerShell.Benchmarks.Measuring;

/// <summary>A process of ours that carries out acts and tells how long each took: a shell that stays open.</summary>
internal sealed class OurWorker : IAsyncDisposable
{
    public const string ServeArgument = "--serve";
    public const string OnceArgument = "--once";

    private readonly Process _process = Start([ServeArgument], redirect: true);

    public async Task<ActAnswer> AskAsync(ActRequest request)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request));
        await _process.StandardInput.FlushAsync();
        var line = await _process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException($"Our process ended in the act '{request.Name}'; its error is above.");
        return JsonSerializer.Deserialize<ActAnswer>(line)!;
    }

    /// <summary>The most memory that the process has ever held, in bytes (VmHWM, proc_pid_status(5)).</summary>
    public long PeakMemory()
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) << 10;
    }

    /// <summary>Carries out one act in a process of its own; seconds from its start to its end.</summary>
    public static async Task<double> RunOnceAsync(ActRequest request)
    {
        var clock = Stopwatch.StartNew();
        using var process = Start([OnceArgument, JsonSerializer.Serialize(request)], redirect: false);
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? clock.Elapsed.TotalSeconds : throw new InvalidOperationException($"The act '{request.Name}' failed; its error is above.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static Process Start(IEnumerable<string> arguments, bool redirect) =>
        Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = redirect,
            RedirectStandardOutput = redirect,
        })!;
}
