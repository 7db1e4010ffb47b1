using DrPowerShell.Core.Runbooks;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>A fault at every step of a restore ends in the earlier state, proven, or in a run that is gone on with to success. One class a fault: they run side by side.</summary>
internal static class StepFaults
{
    /// <summary>Before clients are let in everything is back, after one more undo where the first one could not reach a machine; after it the run is resumed.</summary>
    public static async Task SettleAsync(FaultRig rig, FaultyWorld world, string run, RunbookStep step)
    {
        var found = rig.Read(run);
        if (found.PointOfNoReturn is null)
        {
            if (found.Result == RunResult.UndoFailed)
            {
                await rig.UndoAsync(run, world);
            }

            await rig.AssertUndoneAsync(run, $"{run} ({step.Title})");
            return;
        }

        Assert.Equal(RunResult.Failed, found.Result);
        await rig.AssertRestoredAsync(await rig.ResumeAsync(run, world), run);
        await rig.ResetAsync();
    }
}
