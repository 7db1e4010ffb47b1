using System.Runtime.Versioning;
using DrPowerShell.Host.Tests;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Module.Tests.Restores;

/// <summary>Where the estate asks for nobody's approval, PowerShell's own confirmation is asked, and nothing is changed without a yes.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RestoreConfirmationTests
{
    [Fact]
    public async Task Whoever_says_no_at_the_terminal_finds_everything_as_it_was()
    {
        await using var scene = await StoppedAsync();
        var before = scene.Tree();
        await using var terminal = PseudoTerminal.Start(Script(scene));
        await terminal.ShowsAsync("[Y] Yes  [A] Yes to All  [N] No  [L] No to All");
        Assert.Contains("prod (m1", terminal.Screen, StringComparison.Ordinal);

        await terminal.TypeAsync("n\r");

        Assert.Equal(0, await terminal.EndsAsync());
        Assert.Equal(before, scene.Tree());
        Assert.False(await scene.Cluster.IsRunningAsync("m1"));
    }

    [Fact]
    public async Task Where_nobody_can_be_asked_it_ends_at_once_in_an_error_and_everything_is_as_it_was()
    {
        await using var scene = await StoppedAsync();
        var before = scene.Tree();

        var alone = await Command.RunAsync(RepositoryPaths.Drps, ["-Command", Script(scene)], timeout: TimeSpan.FromMinutes(1), cancellationToken: TestContext.Current.CancellationToken);
        var hosted = scene.Run("Restore-EtcdCluster prod -Snapshot $f/s.db -AcceptDataLoss 1d");

        Assert.NotEqual(0, alone.ExitCode);
        Assert.Contains("Restore-EtcdCluster", alone.Error, StringComparison.Ordinal);
        Assert.Empty(alone.Output);
        Assert.NotNull(hosted.Terminating);
        Assert.Empty(hosted.Output);
        Assert.Equal(before, scene.Tree());
        Assert.False(await scene.Cluster.IsRunningAsync("m1"));
    }

    // Members write for as long as they run.
    private static async Task<RestoreScene> StoppedAsync()
    {
        var scene = await RestoreScene.StartAsync(1);
        await scene.Cluster.KillAsync();
        scene.Run("Get-RecoveryPlan prod -Snapshot $f/s.db -AcceptDataLoss 1d").Succeed(); // the state folder and its like are there now
        return scene;
    }

    private static string Script(RestoreScene scene) =>
        $"Restore-EtcdCluster prod -Snapshot '{scene["s.db"]}' -AcceptDataLoss 1d -Estate '{scene["estate.yaml"]}' -JournalDirectory '{scene["runs"]}' -WorkDirectory '{scene["work"]}'";
}
