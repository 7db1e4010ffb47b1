using DrPowerShell.Core.Runbooks;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>A restore whose process is killed at any step, with SIGKILL, is undone to the earlier state or gone on with to success.</summary>
public sealed class StepKillTests
{
    [Fact]
    public async Task Killed_at_any_step_before_or_after_its_work_the_run_is_resumed_or_undone()
    {
        await using var rig = await FaultRig.StartAsync(isUp: false);
        for (var i = 0; i < rig.StepsOfOneMember.Count; i++)
        {
            var (step, moment) = (rig.StepsOfOneMember[i], i % 2 == 0 ? "before" : "behind");
            var run = $"restore-killed-{moment}-{step.Id}";
            await KilledRestore.RunAsync(rig, run, step.Id, moment);

            Assert.Equal(RunResult.Interrupted, rig.Read(run).Result);
            await SettleAsync(rig, run, undo: i % 4 < 2);
        }
    }

    private static async Task SettleAsync(FaultRig rig, string run, bool undo)
    {
        Assert.True((await rig.RunningClustersAsync()).Count < 2, $"{run}: two clusters run");
        rig.AssertNothingLost(run, run);
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
