using DrPowerShell.Core.Runbooks;
using DrPowerShell.CrashHost;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Every step of a restore of a damaged cluster fails after its work.</summary>
public sealed class StepFailureTests
{
    [Fact]
    public async Task Whichever_step_fails_after_its_work_the_damaged_cluster_is_as_it_was_or_the_run_is_resumed()
    {
        await using var rig = await FaultRig.StartAsync(isUp: false);
        foreach (var step in rig.Steps)
        {
            var run = $"restore-fails-{step.Id}";
            await using var world = new FaultyWorld(rig.World());
            var error = await rig.RunAsync(run, world, one => one.Id == step.Id ? new InterruptedStep(one, retry: StepRetry.None) { Behind = StepFaults.Fail } : one);

            Assert.True(error is not null, $"{step.Id} failed, and nothing was said");
            await StepFaults.SettleAsync(rig, world, run, step);
        }
    }
}
