using DrPowerShell.Core.Journal;

namespace DrPowerShell.Core.Runbooks;

/// <summary>Keeps secrets from whoever watches a run: what a command printed may hold one.</summary>
internal sealed class RedactingObserver(IRunObserver observer, Redactor redactor) : IRunObserver
{
    public void Began(RunbookStep step, int number, bool isUndo) => observer.Began(step, number, isUndo);

    public void Progressed(RunbookStep step, string text, double? fraction) => observer.Progressed(step, redactor.Clean(text), fraction);

    public void Ended(RecoveryStepResult result) => observer.Ended(result.Text is null ? result : result with { Text = redactor.Clean(result.Text) });
}
