using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Services;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>A step that works on one member's machine.</summary>
internal abstract class MemberStep(RestoreScope scope, RestoreMember member) : RunbookStep
{
    protected RestoreScope Scope { get; } = scope;

    protected RestoreMember Member { get; } = member;

    protected IHost Machine => Scope.Host(Member);

    /// <summary>Makes sure that the member's etcd is down before its data is moved: a machine that was booted since may have started it, and etcd goes on with files that were renamed.</summary>
    protected async Task StayDownAsync(StepContext context, CancellationToken cancellationToken)
    {
        var service = Scope.Service(Member);
        var state = await service.GetStateAsync(cancellationToken).ConfigureAwait(false);
        if (state.Activity == ServiceActivity.Down)
        {
            return;
        }

        await context.FindAsync(
            RecoverySeverity.Warning, "MemberCameUp", $"{Member.Name} was down and is not any more ({state.Evidence}); it is stopped again. Was {Member.Host} booted?", cancellationToken).ConfigureAwait(false);
        await service.StopAsync(cancellationToken).ConfigureAwait(false);
        await service.WaitUntilDownAsync(Timeout * 0.8, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The name of a fact of this step.</summary>
    protected string Fact(string name) => $"{Id}.{name}";
}
