using DrPowerShell.Core.Runbooks;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>A restore dies while a member's stop command is under way, which goes on without it: what is started again must not be stopped by that.</summary>
public sealed class StopLeftBehindTests
{
    // The first waits before it stops anything; with the second the member has been told to end, and has not ended yet.
    [Theory]
    [InlineData("sleep 3")]
    [InlineData("kill -STOP $(cat PID); kill $(cat PID); sleep 3; kill -CONT $(cat PID)")]
    public async Task The_old_member_is_up_when_the_run_is_undone_and_stays_up(string slow)
    {
        await using var rig = await FaultRig.StartAsync(FaultScene.Serving);
        var (run, stop) = ("restore-killed-left-behind", rig.Cluster["m1", "stop.sh"]);
        var text = File.ReadAllText(stop);
        Put(stop, text.Replace("alive || exit 0\n", $"alive || exit 0\n{slow.Replace("PID", rig.Cluster["m1", "run", "pid"], StringComparison.Ordinal)}\n", StringComparison.Ordinal));
        await KilledRestore.RunAsync(rig, run, "stop-m3", "behind");
        Put(stop, text);

        await using var world = rig.World();
        Assert.Equal(RunResult.Undone, (await rig.UndoAsync(run, world)).Result);

        await Task.Delay(TimeSpan.FromSeconds(4), RestoreRig.Token);
        await rig.AssertUndoneAsync(run, run);
    }

    // Whole and at once: the shell that reads the old one goes on with it.
    private static void Put(string path, string text)
    {
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }
}
