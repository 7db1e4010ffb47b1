using DrPowerShell.Core.Runbooks;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>A restore whose process is killed at any step, with SIGKILL, is undone to the earlier state or gone on with to success.</summary>
/// <param name="undo">0 to undo the first run and to resume the second, and so on; 1 for the other way round.</param>
/// <param name="moments">before or behind a step's work; both take turns.</param>
public abstract class StepKillLoop(int undo, params string[] moments)
{
    private protected virtual FaultScene Scene => FaultScene.Damaged;

    [Fact]
    public async Task Killed_at_any_step_the_run_is_resumed_or_undone()
    {
        await using var rig = await FaultRig.StartAsync(Scene);
        for (var i = 0; i < rig.Steps.Count; i++)
        {
            var moment = moments[i % moments.Length];
            var run = $"restore-killed-{moment}-{rig.Steps[i].Id}";
            await KilledRestore.RunAsync(rig, run, rig.Steps[i].Id, moment);

            Assert.Equal(RunResult.Interrupted, rig.Read(run).Result);
            Assert.True((await rig.RunningClustersAsync()).Count < 2, $"{run}: two clusters run");
            rig.AssertNothingLost(run, run);
            await rig.WriteAsync(run);
            await SettleAsync(rig, run, undo: i / moments.Length % 2 == undo);
        }
    }

    private static async Task SettleAsync(FaultRig rig, string run, bool undo)
    {
        await using var world = rig.World();
        if (undo && rig.Read(run).PointOfNoReturn is null)
        {
            await rig.UndoAsync(run, world);
            await rig.AssertUndoneAsync(run, run);
            return;
        }

        await rig.AssertRestoredAsync(await rig.ResumeAsync(run, world), run);
        await rig.ResetAsync();
    }
}
