using DrPowerShell.Core.Runbooks;
using DrPowerShell.CrashHost;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Steps of a restore fail while the old cluster serves.</summary>
public sealed class StepFailureWhileServingTests
{
    [Fact]
    public async Task Whichever_step_fails_while_the_old_cluster_serves_it_serves_again_or_the_run_is_resumed()
    {
        await using var rig = await FaultRig.StartAsync(isUp: true);
        foreach (var step in rig.StepsOfOneMember.Where(step => step.Phase < RecoveryPhase.Record))
        {
            var run = $"restore-serving-{step.Id}";
            await using var world = new FaultyWorld(rig.World());
            var error = await rig.RunAsync(run, world, one => one.Id == step.Id ? new InterruptedStep(one, retry: StepRetry.None) { Behind = StepFaults.Fail } : one);

            Assert.True(error is not null, $"{step.Id} failed, and nothing was said");
            await StepFaults.SettleAsync(rig, world, run, step);
        }
    }
}
