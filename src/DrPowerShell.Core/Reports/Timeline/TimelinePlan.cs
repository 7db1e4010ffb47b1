using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Reports.Timeline;

/// <summary>What a timeline shows: which step worked where from when to when.</summary>
/// <param name="Start">Where it begins, UTC.</param>
/// <param name="Length">How long it is; more than nothing.</param>
/// <param name="Hosts">In the order in which they were first needed.</param>
/// <param name="Phases">In their order.</param>
/// <param name="PointOfNoReturn">When clients were let in, from the start; null where they were not.</param>
/// <param name="Undo">When taking back began, from the start, where it was done; null where nothing was.</param>
internal sealed record TimelinePlan(
    DateTimeOffset Start, TimeSpan Length, IReadOnlyList<TimelineHost> Hosts, IReadOnlyList<TimelinePhase> Phases, TimeSpan? PointOfNoReturn, TimeSpan? Undo)
{
    // Steps that follow one another may seem to overlap by what a time is rounded.
    private static readonly TimeSpan Touching = TimeSpan.FromMilliseconds(2);

    /// <summary>Plans it; null where no step was begun.</summary>
    public static TimelinePlan? Of(RecoveryReport report)
    {
        var begun = report.Steps.Where(step => step.Started is not null).ToList();
        if (begun.Count == 0)
        {
            return null;
        }

        var start = begun.Min(step => step.Started!.Value);
        start = report.Started < start ? report.Started : start;
        var last = begun.Max(step => step.Started!.Value + (step.Duration ?? TimeSpan.Zero));
        var end = report.Finished is { } finished && finished > last ? finished : last;
        var length = end - start < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : end - start;
        var hosts = begun.GroupBy(step => step.Host, StringComparer.Ordinal).Select(host => new TimelineHost(host.Key, Lanes(host, start, end))).ToList();
        var phases = begun.GroupBy(step => step.Phase).OrderBy(phase => phase.Key)
            .Select(phase => new TimelinePhase(phase.Key, phase.Min(step => step.Started!.Value) - start, phase.Max(step => End(step, end)) - start)).ToList();
        return new TimelinePlan(
            start,
            length,
            hosts,
            phases,
            report.PointOfNoReturn is { } past ? Within(past - start, length) : null,
            report.Result is RunResult.Undone or RunResult.UndoFailed ? last - start : null);
    }

    // Steps that work side by side on one host lie below one another.
    private static List<IReadOnlyList<TimelineBar>> Lanes(IEnumerable<ReportStep> steps, DateTimeOffset start, DateTimeOffset end)
    {
        var lanes = new List<List<TimelineBar>>();
        foreach (var step in steps.OrderBy(step => step.Started).ThenBy(step => step.Number))
        {
            var bar = new TimelineBar(step, step.Started!.Value - start, End(step, end) - start);
            var lane = lanes.Find(lane => lane[^1].To <= bar.From + Touching);
            if (lane is null)
            {
                lanes.Add(lane = []);
            }

            lane.Add(bar);
        }

        return [.. lanes];
    }

    // One that has no end was under way when the journal stopped.
    private static DateTimeOffset End(ReportStep step, DateTimeOffset end) => step.Duration is { } took ? step.Started!.Value + took : end;

    private static TimeSpan Within(TimeSpan span, TimeSpan length) => span < TimeSpan.Zero ? TimeSpan.Zero : span > length ? length : span;
}

/// <param name="Name">The host.</param>
/// <param name="Lanes">Bars that do not overlap, a lane each.</param>
internal sealed record TimelineHost(string Name, IReadOnlyList<IReadOnlyList<TimelineBar>> Lanes);

/// <param name="Step">The step.</param>
/// <param name="From">When it began, from the start.</param>
/// <param name="To">When it ended.</param>
internal sealed record TimelineBar(ReportStep Step, TimeSpan From, TimeSpan To);

/// <param name="Phase">The phase.</param>
/// <param name="From">When its first step began, from the start.</param>
/// <param name="To">When its last step ended.</param>
internal sealed record TimelinePhase(RecoveryPhase Phase, TimeSpan From, TimeSpan To);
