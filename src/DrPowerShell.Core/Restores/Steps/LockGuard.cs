using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>Asks before each change, and before each undo of one, whether the run still holds its lock: whose lock was taken over must touch nothing any more.</summary>
internal sealed class LockGuard(RestoreScope scope, IReadOnlyList<RestoreMember> members)
{
    /// <summary>Asks on the machine that the step works on; for a step that works elsewhere, on the first of the locked machines that answers.</summary>
    /// <exception cref="Errors.HostLockGoneException">Another run has the lock, or nobody has.</exception>
    /// <exception cref="Errors.HostLockedElsewhereException">Another process goes on with the run.</exception>
    public async Task RequireAsync(RunbookStep step, string run, CancellationToken cancellationToken)
    {
        var own = members.Where(member => member.Host == step.Host).ToList();
        foreach (var member in own)
        {
            await HostLock.RequireAsync(scope.Host(member), member.LockFile, run, cancellationToken).ConfigureAwait(false);
        }

        foreach (var member in own.Count > 0 ? [] : members)
        {
            try
            {
                await HostLock.RequireAsync(scope.Host(member), member.LockFile, run, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (HostUnreachableException)
            {
                // A machine that has vanished must not keep the others from being put right.
            }
        }
    }

    /// <summary>Marks the machines: whoever takes the run over finds there that clients have been let in, whatever their copy of the journal tells.</summary>
    public async Task MarkPastAsync(string run, CancellationToken cancellationToken)
    {
        HostUnreachableException? unreachable = null;
        var marked = 0;
        foreach (var member in members)
        {
            try
            {
                await HostLock.MarkPastAsync(scope.Host(member), member.LockFile, run, cancellationToken).ConfigureAwait(false);
                marked++;
            }
            catch (HostUnreachableException e)
            {
                // Each of the others tells as well.
                unreachable = e;
            }
        }

        if (marked == 0 && unreachable is not null)
        {
            throw unreachable;
        }
    }
}
