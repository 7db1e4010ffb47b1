using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.CrashHost;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>A machine vanishes at each step that is made there: in turns before its work, and with the work done and the answer lost.</summary>
public sealed class StepVanishTests
{
    private static readonly StepRetry Brief = new(3, TimeSpan.FromMilliseconds(10));

    [Fact]
    public async Task Whichever_step_a_machine_vanishes_at_the_run_is_undone_or_resumed_once_it_is_back()
    {
        await using var rig = await FaultRig.StartAsync(FaultScene.Damaged);
        var machines = rig.Cluster.Plan.Members.Select(member => member.Name + "-host").ToHashSet(StringComparer.Ordinal);
        var steps = rig.Steps.Where(step => machines.Contains(step.Host)).ToList();
        for (var i = 0; i < steps.Count; i++)
        {
            var (step, behind) = (steps[i], i % 2 == 1);
            var run = $"restore-vanished-{(behind ? "behind" : "before")}-{step.Id}";
            await using var world = new FaultyWorld(rig.World());
            var error = await rig.RunAsync(run, world, one => With(one, at: step.Id, behind, world), new HurriedTime());

            Assert.True(error is not null, $"the machine of {step.Id} vanished, and nothing was said");
            rig.AssertNothingLost(run, run);
            Assert.True((await rig.RunningClustersAsync()).Count < 2, $"{run}: two clusters run");
            world.Vanished.Clear();
            await StepFaults.SettleAsync(rig, world, run, step);
        }
    }

    private static InterruptedStep With(RunbookStep step, string at, bool behind, FaultyWorld world)
    {
        var vanish = step.Id == at ? VanishAsync : (Func<CancellationToken, Task>?)null;
        return new InterruptedStep(step, retry: step.Retry.Attempts > 1 ? Brief : null) { Before = behind ? null : vanish, Behind = behind ? vanish : null };

        Task VanishAsync(CancellationToken cancellationToken)
        {
            world.Vanished.Add(step.Host);
            return behind ? throw new HostUnreachableException(step.Host, "it has vanished.") : Task.CompletedTask;
        }
    }
}
