namespace DrPowerShell.Core.Runbooks;

/// <summary>Watches a run. Called from several threads; must return at once.</summary>
public interface IRunObserver
{
    /// <summary>An attempt at a step, or its undo, begins.</summary>
    void Began(RunbookStep step, int number, bool isUndo);

    /// <summary>A step tells how far it is.</summary>
    void Progressed(RunbookStep step, string text, double? fraction);

    /// <summary>A step, or its undo, has ended.</summary>
    void Ended(RecoveryStepResult result);
}
