using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>A restore in a process of its own that ends with SIGKILL at a step.</summary>
internal static class KilledRestore
{
    private const int Killed = 137;

    public static async Task RunAsync(FaultRig rig, string run, string step, string moment)
    {
        var ended = await Command.RunAsync(
            CrashHost, ["cluster", rig.Cluster.WriteEstate(), rig.Runs, rig.Work, run, step, moment, rig.PlanFile], timeout: TimeSpan.FromMinutes(4), cancellationToken: RestoreRig.Token);
        Assert.True(ended.ExitCode == Killed, $"{run} ended with {ended.ExitCode}: {ended.Output} {ended.Error}");
    }

    private static string CrashHost { get; } =
        Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "tests", "DrPowerShell.CrashHost", "bin"), "DrPowerShell.CrashHost", SearchOption.AllDirectories)
            .MaxBy(File.GetLastWriteTimeUtc) ?? throw new FileNotFoundException("DrPowerShell.CrashHost was not built.");
}
