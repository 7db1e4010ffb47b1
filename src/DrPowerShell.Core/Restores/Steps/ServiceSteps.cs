using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Services;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>Stops a service and proves it down; its undo starts it again, if it was up or on its way.</summary>
internal sealed class StopServiceStep(RestoreScope scope, ServiceOptions service) : RunbookStep
{
    private string WasUp => Id + ".was-up";

    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var target = scope.World.Service(service);
        if (!context.Facts.Has(WasUp))
        {
            // Asked once: a second attempt would see what the first one has done.
            var before = await target.GetStateAsync(cancellationToken).ConfigureAwait(false);
            var was = before.Activity == ServiceActivity.Up || before.IsWanted ? before.Activity : ServiceActivity.Down;
            await context.RecordAsync(WasUp, was.ToString(), cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await target.EndStopAsync(cancellationToken).ConfigureAwait(false);
        }

        await target.StopAsync(cancellationToken).ConfigureAwait(false);
        var state = await target.WaitUntilDownAsync(Timeout * 0.8, cancellationToken).ConfigureAwait(false);
        context.Text = state.Evidence;
    }

    protected internal override async Task UndoAsync(StepContext context, CancellationToken cancellationToken)
    {
        var before = context.Facts.Find<string>(WasUp);
        if (before is null or nameof(ServiceActivity.Down))
        {
            context.Text = "was not up before";
            return;
        }

        // A member without its quorum is started and not ready, for as long as that lasts: no more is asked of it than it did before.
        var target = scope.World.Service(service);
        if (!context.IsFinished)
        {
            await EndStopAsync(target, context, cancellationToken).ConfigureAwait(false);
        }

        await target.StartAsync(cancellationToken).ConfigureAwait(false);
        context.Text = before == nameof(ServiceActivity.Up)
            ? (await target.WaitUntilUpAsync(Timeout, cancellationToken).ConfigureAwait(false)).Evidence
            : (await target.GetStateAsync(cancellationToken).ConfigureAwait(false)).Evidence;
    }

    // It may be on its way down still: a start would find it up, do nothing, and leave it down.
    private async Task EndStopAsync(IService target, StepContext context, CancellationToken cancellationToken)
    {
        try
        {
            context.Report("ending the stop that was begun");
            await target.EndStopAsync(cancellationToken).ConfigureAwait(false);
            await target.StopAsync(cancellationToken).ConfigureAwait(false);
            await target.WaitUntilDownAsync(Timeout * 0.4, cancellationToken).ConfigureAwait(false);
        }
        catch (RecoveryException e) when (!StepFailures.IsBlip(e))
        {
            // That is why the step failed: then it stays up, and there is no more to start.
        }
    }
}

/// <summary>Starts a service and proves it up; its undo stops it and proves it down.</summary>
internal sealed class StartServiceStep(RestoreScope scope, ServiceOptions service) : RunbookStep
{
    /// <summary>Whether it is stopped first, because it keeps a view of the old data.</summary>
    public bool Restart { get; init; }

    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var target = scope.World.Service(service);
        if (Restart)
        {
            await target.StopAsync(cancellationToken).ConfigureAwait(false);
            await target.WaitUntilDownAsync(Timeout * 0.4, cancellationToken).ConfigureAwait(false);
        }

        await target.StartAsync(cancellationToken).ConfigureAwait(false);
        context.Text = (await target.WaitUntilUpAsync(Timeout * 0.5, cancellationToken).ConfigureAwait(false)).Evidence;
    }

    protected internal override async Task UndoAsync(StepContext context, CancellationToken cancellationToken)
    {
        var target = scope.World.Service(service);
        await target.EndStopAsync(cancellationToken).ConfigureAwait(false);
        await target.StopAsync(cancellationToken).ConfigureAwait(false);
        context.Text = (await target.WaitUntilDownAsync(Timeout, cancellationToken).ConfigureAwait(false)).Evidence;
    }
}
