using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Tests.Runbooks;

/// <summary>A step that does what the test says.</summary>
internal sealed class ScriptedStep : RunbookStep
{
    public Func<StepContext, CancellationToken, Task> Act { get; init; } = (_, _) => Task.CompletedTask;

    public Func<StepContext, CancellationToken, Task> Back { get; init; } = (_, _) => Task.CompletedTask;

    protected internal override Task RunAsync(StepContext context, CancellationToken cancellationToken) => Act(context, cancellationToken);

    protected internal override Task UndoAsync(StepContext context, CancellationToken cancellationToken) => Back(context, cancellationToken);
}
