using DrPowerShell.Core.Runbooks;
using DrPowerShell.CrashHost;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Every step of a restore runs out of time.</summary>
public sealed class StepTimeoutTests
{
    [Fact]
    public async Task Whichever_step_runs_out_of_time_the_damaged_cluster_is_as_it_was_or_the_run_is_resumed()
    {
        await using var rig = await FaultRig.StartAsync(FaultScene.Damaged);
        var unusual = TimeSpan.FromSeconds(421);
        foreach (var step in rig.Steps)
        {
            var run = $"restore-times-out-{step.Id}";
            var time = new HurriedTime();
            await using var world = new FaultyWorld(rig.World());
            var error = await rig.RunAsync(
                run, world, one => one.Id == step.Id ? new InterruptedStep(one, unusual, StepRetry.None) { Behind = token => HangAsync(time, unusual, token) } : one, time);

            Assert.True(error is not null, $"{step.Id} hung, and nothing was said");
            Assert.Contains(rig.Read(run).Steps, one => one.Id == step.Id && one.ErrorId == "StepTimedOut");
            await StepFaults.SettleAsync(rig, world, run, step);
        }
    }

    private static Task HangAsync(HurriedTime time, TimeSpan due, CancellationToken cancellationToken)
    {
        time.Expire(due);
        return Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
