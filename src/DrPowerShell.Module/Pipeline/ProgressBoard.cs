using System.Diagnostics;
using System.Management.Automation;

namespace DrPowerShell.Module.Pipeline;

/// <summary>The progress bars of one piece of work: workers leave their newest value, the pipeline thread shows it now and then.</summary>
internal sealed class ProgressBoard(Cmdlet cmdlet)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly List<Bar> _bars = [];
    private readonly Stopwatch _sinceStart = Stopwatch.StartNew();
    private TimeSpan _shownAt;

    public IProgress<T> Add<T>(string activity, Func<T, ProgressState> show)
    {
        lock (_bars)
        {
            var reporter = new Reporter<T>(_bars.Count + 1, activity, show);
            _bars.Add(reporter);
            return reporter;
        }
    }

    /// <summary>Shows what is new, where a second has passed since the start and a fifth of one since the last time.</summary>
    public void Show()
    {
        var now = _sinceStart.Elapsed;
        if (now < Patience || now - _shownAt < Interval)
        {
            return;
        }

        _shownAt = now;
        foreach (var bar in Bars())
        {
            if (bar.TakeState() is { } state)
            {
                bar.Shown = true;
                cmdlet.WriteProgress(Record(bar, state));
            }
        }
    }

    /// <summary>Removes the bars that were shown.</summary>
    public void Complete()
    {
        foreach (var bar in Bars())
        {
            if (bar.Shown)
            {
                bar.Shown = false;
                cmdlet.WriteProgress(new ProgressRecord(bar.Id, bar.Activity, "Done") { RecordType = ProgressRecordType.Completed });
            }
        }
    }

    private Bar[] Bars()
    {
        lock (_bars)
        {
            return [.. _bars];
        }
    }

    private static ProgressRecord Record(Bar bar, ProgressState state) => new(bar.Id, bar.Activity, state.Status.Length > 0 ? state.Status : " ")
    {
        PercentComplete = state.Percent is { } percent ? (int)Math.Clamp(percent, 0, 100) : -1,
        SecondsRemaining = state.Remaining is { } remaining ? (int)Math.Min(int.MaxValue, remaining.TotalSeconds) : -1,
    };

    private abstract class Bar(int id, string activity)
    {
        public int Id { get; } = id;

        public string Activity { get; } = activity;

        public bool Shown { get; set; }

        public abstract ProgressState? TakeState();
    }

    private sealed class Reporter<T>(int id, string activity, Func<T, ProgressState> show) : Bar(id, activity), IProgress<T>
    {
        private readonly object _gate = new();
        private T? _newest;
        private bool _fresh;

        public void Report(T value)
        {
            lock (_gate)
            {
                _newest = value;
                _fresh = true;
            }
        }

        public override ProgressState? TakeState()
        {
            T value;
            lock (_gate)
            {
                if (!_fresh)
                {
                    return null;
                }

                _fresh = false;
                value = _newest!;
            }

            return show(value);
        }
    }
}
