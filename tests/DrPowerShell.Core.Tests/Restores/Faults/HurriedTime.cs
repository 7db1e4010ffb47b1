namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>The system's time, but that timers of a given length can be made to run out at once, and pauses between attempts are short.</summary>
internal sealed class HurriedTime : TimeProvider
{
    private readonly List<(TimeSpan Due, ITimer Timer)> _timers = [];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var isPause = dueTime >= TimeSpan.FromSeconds(1) && dueTime < TimeSpan.FromSeconds(30);
        var timer = base.CreateTimer(callback, state, isPause ? dueTime / 100 : dueTime, period);
        lock (_timers)
        {
            _timers.Add((dueTime, timer));
        }

        return timer;
    }

    public void Expire(TimeSpan due)
    {
        lock (_timers)
        {
            foreach (var (_, timer) in _timers.Where(one => one.Due == due))
            {
                timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
        }
    }
}
