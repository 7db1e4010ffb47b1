using System.Diagnostics.CodeAnalysis;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.CrashHost;

/// <summary>A step of a real runbook that something happens to right before or right after its work, or its undo.</summary>
internal sealed class InterruptedStep : RunbookStep
{
    private readonly RunbookStep _inner;

    [SetsRequiredMembers]
    public InterruptedStep(RunbookStep inner, TimeSpan? timeout = null, StepRetry? retry = null)
    {
        _inner = inner;
        (Id, Phase, Title, Host, After) = (inner.Id, inner.Phase, inner.Title, inner.Host, inner.After);
        (Timeout, Retry, Estimate, Bytes) = (timeout ?? inner.Timeout, retry ?? inner.Retry, inner.Estimate, inner.Bytes);
        (IsChange, LetsClientsIn, IsRequired, UndoTitle, Commands) = (inner.IsChange, inner.LetsClientsIn, inner.IsRequired, inner.UndoTitle, inner.Commands);
        (IsLock, HoldsUntil) = (inner.IsLock, inner.HoldsUntil);
    }

    public Func<CancellationToken, Task>? Before { get; init; }

    public Func<CancellationToken, Task>? Behind { get; init; }

    public Func<CancellationToken, Task>? BeforeUndo { get; init; }

    public Func<CancellationToken, Task>? BehindUndo { get; init; }

    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        await (Before?.Invoke(cancellationToken) ?? Task.CompletedTask);
        await _inner.RunAsync(context, cancellationToken);
        await (Behind?.Invoke(cancellationToken) ?? Task.CompletedTask);
    }

    protected internal override async Task UndoAsync(StepContext context, CancellationToken cancellationToken)
    {
        await (BeforeUndo?.Invoke(cancellationToken) ?? Task.CompletedTask);
        await _inner.UndoAsync(context, cancellationToken);
        await (BehindUndo?.Invoke(cancellationToken) ?? Task.CompletedTask);
    }
}
