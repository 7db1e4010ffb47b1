using DrPowerShell.Core.Runbooks;
using Xunit;

namespace DrPowerShell.Providers.Tests.Restores;

/// <summary>Does something as a step begins, before it has touched anything.</summary>
/// <param name="step">The step's id.</param>
/// <param name="act">Told whether it is the undo; called for the first time alone that it begins.</param>
internal sealed class StepWatch(string step, Func<Task> act) : IRunObserver
{
    private int begun;

    public void Began(RunbookStep which, int number, bool isUndo)
    {
        if (which.Id == step && !isUndo && Interlocked.Exchange(ref begun, 1) == 0)
        {
            act().GetAwaiter().GetResult();
        }
    }

    public void Progressed(RunbookStep which, string text, double? fraction)
    {
    }

    public void Ended(RecoveryStepResult result) => TestContext.Current.SendDiagnosticMessage($"{result.Id} {result.Outcome} {result.Attempts} {result.Duration} {result.Text}");
}
