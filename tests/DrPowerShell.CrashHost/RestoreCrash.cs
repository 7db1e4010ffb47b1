using System.Text.Json;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Secrets;

namespace DrPowerShell.CrashHost;

/// <summary>
/// Restores the cluster prod of an estate and dies of SIGKILL at a step: ESTATE RUNS WORK RUN STEP before|behind PLAN, or before-undo|behind-undo,
/// for which the step health fails first; the plan is a file. Ends with 1 where the run fails by itself.
/// </summary>
internal static class RestoreCrash
{
    public static async Task<int> RunAsync(string[] args)
    {
        var (runs, work, run, id, moment) = (args[1], args[2], args[3], args[4], args[5]);
        var estate = EstateFile.Load(args[0]);
        await using var world = new RestoreWorld(estate, "prod", new SecretReader(null), new RestoreWorldOptions { KeepDirectory = runs, WorkDirectory = work });
        using var plan = JsonDocument.Parse(await File.ReadAllBytesAsync(args[6]));
        var runbook = new RestoreRunbook(RunFacts.FromJson<RestorePlan>(plan.RootElement), world).Create();
        runbook = runbook with { Steps = [.. runbook.Steps.Select(step => With(step, id, moment))] };
        try
        {
            await new RunSession(new RunKeeping { Folder = runs, Estate = args[0] }, new Silence()).RunAsync(run, runbook, CancellationToken.None);
            return 0;
        }
        catch (DrPowerShell.Etcd.Errors.RecoveryException e)
        {
            Console.Error.WriteLine($"{e.ErrorId}: {e.Message}");
            return 1;
        }
    }

    private static RunbookStep With(RunbookStep step, string id, string moment)
    {
        var dies = step.Id == id;
        var fails = step.Id == "health" && moment.EndsWith("-undo", StringComparison.Ordinal);
        return dies || fails
            ? new InterruptedStep(step)
            {
                Before = dies && moment == "before" ? Die : fails ? Fail : null,
                Behind = dies && moment == "behind" ? Die : null,
                BeforeUndo = dies && moment == "before-undo" ? Die : null,
                BehindUndo = dies && moment == "behind-undo" ? Die : null,
            }
            : step;
    }

    private static Task Die(CancellationToken cancellationToken)
    {
        Signals.KillSelf();
        return Task.CompletedTask;
    }

    private static Task Fail(CancellationToken cancellationToken) => throw new InvalidOperationException("It fails, so that everything is undone.");

    private sealed class Silence : IRunObserver
    {
        public void Began(RunbookStep step, int number, bool isUndo)
        {
        }

        public void Progressed(RunbookStep step, string text, double? fraction)
        {
        }

        public void Ended(RecoveryStepResult result)
        {
        }
    }
}
