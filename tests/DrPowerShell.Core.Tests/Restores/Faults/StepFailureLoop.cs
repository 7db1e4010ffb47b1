using DrPowerShell.Core.Runbooks;
using DrPowerShell.CrashHost;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>Every step of a restore fails after its work.</summary>
public abstract class StepFailureLoop
{
    private protected abstract FaultScene Scene { get; }

    private protected virtual IReadOnlyList<RunbookStep> Steps(FaultRig rig) => rig.Steps;

    [Fact]
    public async Task Whichever_step_fails_after_its_work_everything_is_as_it_was_or_the_run_is_resumed()
    {
        await using var rig = await FaultRig.StartAsync(Scene);
        foreach (var step in Steps(rig))
        {
            var run = $"restore-fails-{step.Id}";
            await using var world = new FaultyWorld(rig.World());
            var error = await rig.RunAsync(run, world, one => one.Id == step.Id ? new InterruptedStep(one, retry: StepRetry.None) { Behind = _ => FailAsync(rig, run) } : one);

            rig.AssertNothingLost(run, run);
            if (!step.IsRequired)
            {
                // A last snapshot beside data that is parked anyway: it is told, and the restore goes on.
                Assert.Null(error);
                Assert.Contains(rig.Read(run).Findings, finding => finding.Severity == RecoverySeverity.Error && finding.Text.StartsWith(step.Title, StringComparison.Ordinal));
                await rig.AssertRestoredAsync(rig.Read(run), run);
                await rig.ResetAsync();
                continue;
            }

            Assert.True(error is not null, $"{step.Id} failed, and nothing was said");
            await StepFaults.SettleAsync(rig, world, run, step);
        }
    }

    private static async Task FailAsync(FaultRig rig, string run)
    {
        await rig.WriteAsync(run);
        throw new InvalidOperationException("A fault was injected.");
    }
}
