using System.Text.Json;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Restores.Impact;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Restores;

/// <summary>Earlier restores of a cluster, as their journals on this machine tell them: how long the next one will take.</summary>
public sealed class EarlierRuns
{
    // Older ones tell of other machines.
    private const int Newest = 20;
    private const int Looked = 100;

    private readonly List<(long Size, RecoveryRun Run)> _runs = [];

    private EarlierRuns()
    {
    }

    public static EarlierRuns None { get; } = new();

    /// <summary>How many there are.</summary>
    public int Count => _runs.Count;

    /// <summary>From the start of each to its healthy cluster.</summary>
    public IReadOnlyList<EarlierRestore> Restores => [.. _runs.Select(run => (run.Size, Took: Took(run.Run))).Where(run => run.Took is not null).Select(run => new EarlierRestore(run.Size, run.Took!.Value))];

    /// <summary>Reads those of a cluster that ended well; a journal that cannot be read tells nothing.</summary>
    /// <param name="folder">The folder of all runs.</param>
    /// <param name="cluster">The cluster's name.</param>
    public static EarlierRuns Read(string folder, string cluster)
    {
        var earlier = new EarlierRuns();
        foreach (var id in RunFolder.List(folder).Where(id => id.StartsWith(RestorePlan.RunbookKind + "-", StringComparison.Ordinal)).Take(Looked))
        {
            if (Find(folder, id) is { Result: RunResult.Healthy } run && run.Target == cluster && Size(run.Plan) is { } size)
            {
                earlier._runs.Add((size, run));
                if (earlier.Count == Newest)
                {
                    break;
                }
            }
        }

        return earlier;
    }

    /// <summary>How long a step took, the median of all runs that had it; where it moves bytes, each scaled to this size.</summary>
    /// <returns>The median and of how many; null where no run had it.</returns>
    internal (TimeSpan Time, int Runs)? Of(RunbookStep step)
    {
        var times = _runs.SelectMany(run => run.Run.Steps.Where(one => one.Id == step.Id && one is { Outcome: StepOutcome.Succeeded, Duration: not null })
            .Select(one => step.Bytes > 0 && run.Size > 0 ? one.Duration!.Value * ((double)step.Bytes / run.Size) : one.Duration!.Value)).Order().ToList();
        return times.Count == 0 ? null : ((times[(times.Count - 1) / 2] + times[times.Count / 2]) / 2, times.Count);
    }

    private static RecoveryRun? Find(string folder, string id)
    {
        try
        {
            return RunSession.Read(folder, id);
        }
        catch (Exception e) when (e is RecoveryException or JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // A restore of one member says nothing of one of all.
    private static long? Size(JsonElement plan)
    {
        try
        {
            return plan.ValueKind == JsonValueKind.Object && RunFacts.FromJson<RestorePlan>(plan) is { ReplacedMember: null, Source: { } source } ? source.Size : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static TimeSpan? Took(RecoveryRun run) => run.Steps.FirstOrDefault(step => step.Phase == RecoveryPhase.Health && step.Started is not null) is { } health
        ? health.Started + health.Duration - run.Started
        : null;
}
