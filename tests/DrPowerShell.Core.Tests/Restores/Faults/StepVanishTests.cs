using DrPowerShell.Core.Runbooks;
using DrPowerShell.CrashHost;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>A machine vanishes at each step that is made there.</summary>
public sealed class StepVanishTests
{
    private static readonly StepRetry Brief = new(3, TimeSpan.FromMilliseconds(10));

    [Fact]
    public async Task Whichever_step_a_machine_vanishes_at_the_run_is_undone_or_resumed_once_it_is_back()
    {
        await using var rig = await FaultRig.StartAsync(isUp: false);
        foreach (var step in rig.Steps.Where(step => step.Host == "m2-host"))
        {
            var run = $"restore-vanished-{step.Id}";
            await using var world = new FaultyWorld(rig.World());
            var error = await rig.RunAsync(
                run, world, one => new InterruptedStep(one, retry: one.Retry.Attempts > 1 ? Brief : null) { Before = _ => VanishAsync(world, one, step) }, new HurriedTime());

            Assert.True(error is not null, $"the machine of {step.Id} vanished, and nothing was said");
            rig.AssertNothingLost(run, run);
            Assert.True((await rig.RunningClustersAsync()).Count < 2, $"{run}: two clusters run");
            world.Vanished.Clear();
            await StepFaults.SettleAsync(rig, world, run, step);
        }
    }

    private static Task VanishAsync(FaultyWorld world, RunbookStep now, RunbookStep at)
    {
        if (now.Id == at.Id)
        {
            world.Vanished.Add(now.Host);
        }

        return Task.CompletedTask;
    }
}
