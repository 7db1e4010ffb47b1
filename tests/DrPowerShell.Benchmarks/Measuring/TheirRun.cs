using System.Diagnostics;
using System.Runtime.InteropServices;
using DrPowerShell.Testing;

namespace DrPowerShell.Benchmarks.Measuring;

/// <summary>Runs the other side's commands one after the other.</summary>
internal static class TheirRun
{
    private const int OfChildren = -1;

    /// <summary>Wall time and processor time of all commands, and what the last one printed.</summary>
    public static async Task<(double Seconds, double ProcessorSeconds, string Output)> MeasureAsync(IEnumerable<string[]> commands)
    {
        var output = "";
        var processor = ProcessorSecondsOfChildren();
        var clock = Stopwatch.StartNew();
        foreach (var command in commands)
        {
            output = (await Command.RunAsync(command[0], command[1..], timeout: TimeSpan.FromMinutes(30))).ThrowIfFailed().Output;
        }

        var seconds = clock.Elapsed.TotalSeconds;
        return (seconds, ProcessorSecondsOfChildren() - processor, output);
    }

    // struct rusage begins with user and system time, each as seconds and microseconds (getrusage(2), 64 bit).
    private static double ProcessorSecondsOfChildren()
    {
        var usage = new long[18];
        return GetUsage(OfChildren, usage) == 0 ? usage[0] + usage[2] + ((usage[1] + usage[3]) / 1e6) : 0;
    }

    [DllImport("libc", EntryPoint = "getrusage")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetUsage(int who, [Out] long[] usage);
}
