using System.Runtime.Versioning;
using DrPowerShell.Module.Tests.Restores;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Examples;

/// <summary>The examples about whole clusters, run as a user runs them.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RestoreExampleTests
{
    [Fact]
    public async Task The_test_drive_brings_a_destroyed_cluster_back_and_leaves_nothing_behind()
    {
        using var temp = new TempFolder("drive");

        var result = await RunAsync("test-drive.ps1", temp, "-EtcdPath", EtcdBinaries.V35.Etcd);

        Assert.Contains("110 of 110 keys are back", result.Output, StringComparison.Ordinal);
        Assert.Contains("Healthy", result.Output, StringComparison.Ordinal);
        Assert.Contains("check all-orders: check.ps1 succeeds: the script ended well", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(temp.List(), name => !name.Contains("dotnet", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task The_restore_of_a_cluster_is_shown_then_run()
    {
        await using var scene = await RestoreScene.StartAsync(1);
        await scene.Cluster.KillAsync();
        scene.WriteKeys("dave");
        scene.Write("plan.yaml", "cluster: prod\nsource: { file: s.db }\nacceptDataLoss: 1d\nchecks: [{ name: a, type: etcd-key, key: /a }]\n");
        using var temp = new TempFolder("shown");
        string[] what = ["-Plan", scene["plan.yaml"], "-Estate", scene["estate.yaml"]];

        var shown = await RunAsync("restore-cluster.ps1", temp, [.. what, "-SigningKey", scene["dave.key"], "-Reason", "test", "-Request", scene["r.json"]]);
        Assert.Contains("It would destroy: 0 keys lost", shown.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(scene["r.json"]));
        Assert.False(await scene.Cluster.IsRunningAsync("m1"));

        var run = await RunAsync("restore-cluster.ps1", temp, [.. what, "-Execute"]);
        Assert.Contains(": Healthy; RTO", run.Output, StringComparison.Ordinal);
        Assert.Contains("one", (await scene.Cluster.EtcdctlAsync("get", "/a")).ThrowIfFailed().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_plan_satisfies_the_example_estate()
    {
        using var temp = new TempFolder("plan");
        File.Copy(Path.Combine(RepositoryPaths.Examples, "estate", "dr.yaml"), temp["dr.yaml"]);
        File.SetUnixFileMode(temp["dr.yaml"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Copy(Path.Combine(RepositoryPaths.Examples, "plans", "restore.yaml"), temp["restore.yaml"]);
        File.SetUnixFileMode(temp["restore.yaml"], UnixFileMode.UserRead | UnixFileMode.UserWrite);

        // It is read and found right; what it names is not here.
        var result = await Command.RunAsync(
            RepositoryPaths.Drps, ["-Command", $"Get-RecoveryPlan -Plan {temp["restore.yaml"]} -Estate {temp["dr.yaml"]}"], timeout: TimeSpan.FromSeconds(60), cancellationToken: TestContext.Current.CancellationToken);

        Assert.DoesNotContain("mistake", result.Error, StringComparison.Ordinal);
        Assert.NotEqual(0, result.ExitCode);
    }

    private static async Task<CommandResult> RunAsync(string script, TempFolder temp, params string[] arguments)
    {
        var environment = new Dictionary<string, string?> { ["TMPDIR"] = temp.FullName, ["DRPOWERSHELL_STATE"] = Path.Combine(Path.GetTempPath(), Path.GetFileName(temp.FullName) + "-state") };
        try
        {
            var result = await Command.RunAsync(
                RepositoryPaths.Drps, [Path.Combine(RepositoryPaths.Examples, script), .. arguments], environment, timeout: TimeSpan.FromMinutes(8), cancellationToken: TestContext.Current.CancellationToken);
            Assert.True(result.ExitCode == 0, $"{result.ExitCode}\n{result.Error}\n{result.Output}");
            return result;
        }
        finally
        {
            if (Directory.Exists(environment["DRPOWERSHELL_STATE"]))
            {
                Directory.Delete(environment["DRPOWERSHELL_STATE"]!, recursive: true);
            }
        }
    }
}
