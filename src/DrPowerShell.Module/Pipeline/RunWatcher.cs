using System.Collections.Concurrent;
using System.Globalization;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Module.Pipeline;

/// <summary>Shows a run at the prompt: a progress bar with phase, step and the time against the target, a verbose line a step, and the results where they are asked for.</summary>
/// <param name="output">The pipeline.</param>
/// <param name="kind">What runs, such as Restore.</param>
/// <param name="steps">How many steps there are.</param>
/// <param name="target">How long the service may be gone; null for no target.</param>
/// <param name="since">From when on the time counts, UTC: the outage's start, else the run's.</param>
/// <param name="passThru">Whether each finished step is written at once.</param>
internal sealed class RunWatcher(IPipelineOutput output, string kind, int steps, TimeSpan? target, DateTimeOffset since, bool passThru) : IRunObserver
{
    private readonly ConcurrentDictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly IProgress<ProgressState> _bar = output.Progress<ProgressState>(kind, state => state);
    private int _ended;

    public void Began(RunbookStep step, int number, bool isUndo)
    {
        _numbers[step.Id] = number;
        output.WriteVerbose(string.Create(CultureInfo.InvariantCulture, $"[{number}/{steps}] {step.Phase} {step.Host}: {(isUndo ? step.UndoTitle : step.Title)}"));
        Show(step, isUndo ? step.UndoTitle! : step.Title, null);
    }

    public void Progressed(RunbookStep step, string text, double? fraction) => Show(step, text, fraction);

    public void Ended(RecoveryStepResult result)
    {
        Interlocked.Increment(ref _ended);
        output.WriteVerbose(string.Create(
            CultureInfo.InvariantCulture, $"[{result.Number}/{steps}] {result.Outcome} after {result.Duration?.TotalSeconds:N1} s: {result.Step} on {result.Host}{(result.Text is null ? "" : ": " + result.Text)}"));
        if (passThru)
        {
            output.WriteObject(result);
        }
    }

    private void Show(RunbookStep step, string text, double? fraction)
    {
        var passed = TimeProvider.System.GetUtcNow() - since;
        var elapsed = $"elapsed {Span(passed > TimeSpan.Zero ? passed : TimeSpan.Zero)}{(target is { } most ? $" of {Span(most)} RTO" : "")}";
        var part = fraction is { } done ? string.Create(CultureInfo.InvariantCulture, $" {done:P0}") : "";
        var percent = steps == 0 ? 0 : Math.Min(100, 100.0 * (Volatile.Read(ref _ended) + (fraction ?? 0)) / steps);
        _bar.Report(new ProgressState($"{step.Phase}, step {_numbers.GetValueOrDefault(step.Id)} of {steps}, {step.Host}: {text}{part}  {elapsed}", percent));
    }

    private static string Span(TimeSpan span) => span.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours}h {span.Minutes:00}m")
        : string.Create(CultureInfo.InvariantCulture, $"{span.Minutes}m {span.Seconds:00}s");
}
