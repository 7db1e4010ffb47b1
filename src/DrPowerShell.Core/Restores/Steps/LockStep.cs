using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>Keeps every other run away from a member's machine.</summary>
internal sealed class LockStep(RestoreScope scope, RestoreMember member) : MemberStep(scope, member)
{
    protected internal override Task RunAsync(StepContext context, CancellationToken cancellationToken) =>
        HostLock.TakeAsync(Machine, Member.LockFile, new LockClaim(context.Run, Scope.World.BreakLock, context.IsHeld, context.IsPast), context.Time.GetUtcNow(), cancellationToken);

    protected internal override Task UndoAsync(StepContext context, CancellationToken cancellationToken) =>
        HostLock.ReleaseAsync(Machine, Member.LockFile, new LockClaim(context.Run, Scope.World.BreakLock, IsHeld: false), cancellationToken);
}

/// <summary>Lets others in again.</summary>
internal sealed class UnlockStep(RestoreScope scope, RestoreMember member) : MemberStep(scope, member)
{
    protected internal override Task RunAsync(StepContext context, CancellationToken cancellationToken) =>
        HostLock.ReleaseAsync(Machine, Member.LockFile, new LockClaim(context.Run, Scope.World.BreakLock, IsHeld: false), cancellationToken);
}
