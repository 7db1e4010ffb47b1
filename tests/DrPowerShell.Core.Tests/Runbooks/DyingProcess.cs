using DrPowerShell.Core.Tests.Repositories;

namespace DrPowerShell.Core.Tests.Runbooks;

/// <summary>A process that is killed at the n-th look at its clock, which every record of its journal takes: from then on it does nothing any more.</summary>
internal sealed class DyingProcess(TimeProvider inner, int killAt) : TimeProvider
{
    private int _looks;

    public bool IsDead => Volatile.Read(ref _looks) >= killAt;

    public int Looks => _looks;

    public override DateTimeOffset GetUtcNow()
    {
        if (Interlocked.Increment(ref _looks) >= killAt)
        {
            throw new KilledException();
        }

        return inner.GetUtcNow();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);
}
