using DrPowerShell.Core.Runbooks;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>A restore whose process is killed while it takes any step back, with SIGKILL, is undone to its end.</summary>
public sealed class UndoKillTests
{
    [Fact]
    public async Task Killed_in_the_midst_of_an_undo_the_run_is_undone_to_its_end()
    {
        await using var rig = await FaultRig.StartAsync(FaultScene.Damaged);
        var undone = rig.Steps.Where(step => step.UndoTitle is not null && step.Phase <= RecoveryPhase.Health).ToList();
        for (var i = 0; i < undone.Count; i++)
        {
            var moment = i % 2 == 0 ? "behind-undo" : "before-undo";
            var run = $"restore-killed-{moment}-{undone[i].Id}";
            await KilledRestore.RunAsync(rig, run, undone[i].Id, moment);

            Assert.True((await rig.RunningClustersAsync()).Count < 2, $"{run}: two clusters run");
            rig.AssertNothingLost(run, run);
            await using var world = rig.World();
            if (i % 3 == 0)
            {
                // Once an undo was begun the only way is back, whatever is asked for.
                Assert.Equal(RunResult.Undone, (await rig.ResumeAsync(run, world)).Result);
            }
            else
            {
                await rig.UndoAsync(run, world);
            }

            await rig.AssertUndoneAsync(run, run);
        }
    }
}
