using System.Globalization;
using System.Text;
using DrPowerShell.Benchmarks.Acts;
using DrPowerShell.Benchmarks.Database;
using DrPowerShell.Benchmarks.Measuring;

namespace DrPowerShell.Benchmarks;

/// <summary>The table that is printed.</summary>
internal sealed class Report(BenchmarkDatabase database, BenchmarkOptions options)
{
    private const long MemoryLimit = 128L << 20;
    private static readonly CompositeFormat Columns = CompositeFormat.Parse("{0,-31} {1,-24} {2,8} {3,8} {4,6} {5,6} {6,-4} {7,10} {8,6} {9,7} {10,10}");

    public bool AllMet { get; private set; } = true;

    /// <summary>What was measured where, and the head of the table.</summary>
    public string Head()
    {
        var text = new StringBuilder();
        text.AppendLine(Text($"Database: {database.Facts}."));
        text.AppendLine(Text($"Machine:  {Processor()}, {Environment.ProcessorCount} cores, {FileSystemOf(database.Snapshot)}; .NET {Environment.Version}, etcd {database.Release.Version}, {options.Rounds} rounds."));
        text.AppendLine(Text($"Load:     {File.ReadAllText("/proc/loadavg").Trim()} at the start."));
        text.AppendLine();
        var heads = Line("ours", "theirs", "ours s", "theirs s", "ratio", "limit", "met", "as command", "ratio", "CPU", "memory MB");
        return text.AppendLine(heads).Append('-', heads.Length).ToString();
    }

    public string Row(ActResult result)
    {
        var isMet = result.IsMet && (result.MemoryAdded ?? 0) <= MemoryLimit;
        AllMet &= isMet;
        var titles = result.Act.Title.Split(" | ");
        return result.Act.Name == ImportTime.Name
            ? Line(titles[0], "", Text($"{result.Shell:F3}"), "", "", Text($"{result.Act.Limit:F3}"), isMet ? "yes" : "NO", "", "", "", "")
            : Line(
                titles[0], titles[1], Text($"{result.Shell:F2}"), Text($"{result.Theirs:F2}"), Text($"{result.ShellRatio:F2}"), Text($"{result.Act.Limit:F2}"),
                isMet ? "yes" : "NO", Text($"{result.Command:F2}"), Text($"{result.CommandRatio:F2}"), Text($"{result.ProcessorRatio:F2}"),
                Text($"{result.MemoryAdded / 1048576.0:F0}"));
    }

    public string Foot(long idle) => $"""

        ours, ratio: in a shell that stays open, after one round that is not counted; the ratio is the median of the rounds' ratios.
        as command: from the start of a process to its end, as theirs always is. CPU: processor time over all threads, ours to theirs.
        memory: the peak of the shell over all rounds, less the {idle >> 20} MB of an idle one; the limit is {MemoryLimit >> 20} MB.
        Load: {File.ReadAllText("/proc/loadavg").Trim()} at the end.
        """;

    private static string Processor() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor";

    private static string FileSystemOf(string path) => new DriveInfo(path).DriveFormat;

    private static string Line(params string[] cells) => string.Format(CultureInfo.InvariantCulture, Columns, (object?[])cells).TrimEnd();

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
