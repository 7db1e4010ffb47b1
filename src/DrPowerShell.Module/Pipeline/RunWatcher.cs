using System.Globalization;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Module.Pipeline;

/// <summary>Shows a run at the prompt: a progress bar with the step and the time against the target, a verbose line a step, and the results where they are asked for.</summary>
/// <param name="output">The pipeline.</param>
/// <param name="kind">What runs, such as Restore.</param>
/// <param name="steps">How many steps there are.</param>
/// <param name="target">How long the service may be gone; null for no target.</param>
/// <param name="passThru">Whether each finished step is written at once.</param>
internal sealed class RunWatcher(IPipelineOutput output, string kind, int steps, TimeSpan? target, bool passThru) : IRunObserver
{
    private readonly System.Diagnostics.Stopwatch _clock = System.Diagnostics.Stopwatch.StartNew();
    private readonly IProgress<ProgressState> _bar = output.Progress<ProgressState>(kind, state => state);
    private int _ended;

    public void Began(RunbookStep step, int number, bool isUndo)
    {
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
        var elapsed = $"elapsed {Span(_clock.Elapsed)}{(target is { } most ? $" of {Span(most)} RTO" : "")}";
        var part = fraction is { } done ? string.Create(CultureInfo.InvariantCulture, $" {done:P0}") : "";
        var percent = steps == 0 ? 0 : Math.Min(100, 100.0 * (Volatile.Read(ref _ended) + (fraction ?? 0)) / steps);
        _bar.Report(new ProgressState($"{step.Host}: {text}{part}  {elapsed}", percent));
    }

    private static string Span(TimeSpan span) => span.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours}h {span.Minutes:00}m")
        : string.Create(CultureInfo.InvariantCulture, $"{span.Minutes}m {span.Seconds:00}s");
}
