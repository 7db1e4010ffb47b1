using DrPowerShell.Core.Runbooks;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>A restore whose process is killed while it takes any step back, with SIGKILL, is undone to its end.</summary>
/// <param name="moment">before-undo or behind-undo.</param>
/// <param name="resume">0 to ask for the first run to be resumed and the second to be undone, and so on; 1 for the other way round.</param>
public abstract class UndoKillLoop(string moment, int resume)
{
    [Fact]
    public async Task Killed_in_the_midst_of_an_undo_the_run_is_undone_to_its_end()
    {
        await using var rig = await FaultRig.StartAsync(FaultScene.Damaged);
        var undone = rig.Steps.Where(step => step.UndoTitle is not null && step.Phase <= RecoveryPhase.Health).ToList();
        for (var i = 0; i < undone.Count; i++)
        {
            var run = $"restore-killed-{moment}-{undone[i].Id}";
            await KilledRestore.RunAsync(rig, run, undone[i].Id, moment);

            Assert.True((await rig.RunningClustersAsync()).Count < 2, $"{run}: two clusters run");
            rig.AssertNothingLost(run, run);
            await using var world = rig.World();
            if (i % 2 == resume)
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
