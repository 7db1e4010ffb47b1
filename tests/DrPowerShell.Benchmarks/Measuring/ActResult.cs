using DrPowerShell.Benchmarks.Acts;

namespace DrPowerShell.Benchmarks.Measuring;

/// <summary>One round of one act.</summary>
/// <param name="Shell">Seconds in a shell that is open and has done the act before.</param>
/// <param name="Command">Seconds from the start of a process to its end.</param>
/// <param name="Theirs">Seconds of the other side's commands.</param>
/// <param name="ShellProcessor">Processor seconds of ours in the shell, over all threads.</param>
/// <param name="TheirProcessor">Processor seconds of theirs.</param>
internal readonly record struct Round(double Shell, double Command, double Theirs, double ShellProcessor, double TheirProcessor);

/// <summary>All rounds of one act.</summary>
/// <param name="MemoryAdded">The most memory that ours held, less what an idle process of the same program holds, in bytes; null where not measured.</param>
internal sealed record ActResult(Act Act, IReadOnlyList<Round> Rounds, long? MemoryAdded)
{
    public double Shell => Median(r => r.Shell);

    public double Command => Median(r => r.Command);

    public double Theirs => Median(r => r.Theirs);

    /// <summary>The median of the rounds' ratios: the two runs of one round saw the same machine.</summary>
    public double ShellRatio => Median(r => r.Shell / r.Theirs);

    public double CommandRatio => Median(r => r.Command / r.Theirs);

    public double ProcessorRatio => Median(r => r.ShellProcessor / r.TheirProcessor);

    /// <summary>Whether the limit of the act is kept, in the open shell.</summary>
    public bool IsMet => (Act.Name == ImportTime.Name ? Shell : ShellRatio) <= Act.Limit;

    private double Median(Func<Round, double> value)
    {
        var sorted = Rounds.Select(value).Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
