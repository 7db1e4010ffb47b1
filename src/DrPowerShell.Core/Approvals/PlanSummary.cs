using System.Text.Json;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Approvals;

/// <summary>What approvers read of a plan. The digest binds the plan; the rest must be what that plan says, or the approval is refused.</summary>
public sealed record PlanSummary : IApprovablePlan
{
    /// <summary>restore, failover or drill.</summary>
    public required string Kind { get; init; }

    /// <summary>What it is about: the cluster's name.</summary>
    public required string Target { get; init; }

    /// <summary>The plan's digest, in lowercase hex.</summary>
    public required string Digest { get; init; }

    /// <summary>What is restored; null where nothing is.</summary>
    public PlanSource? Source { get; init; }

    /// <summary>The hosts that are worked on, in ordinal order.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    public IReadOnlyList<PlanSummaryStep> Steps { get; init; } = [];

    /// <summary>The largest loss that the plan accepts (<c>-AcceptDataLoss</c>); null where it names none.</summary>
    public TimeSpan? AcceptedLoss { get; init; }

    /// <summary>What was measured when the summary was made; null where nothing was.</summary>
    public ImpactFigures? Impact { get; init; }

    /// <summary>The digests of the plan's parts (<see cref="PlanDigest.Parts"/>), to tell what has changed.</summary>
    public IReadOnlyDictionary<string, string> Parts { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The summary of a runbook.</summary>
    /// <param name="runbook">The plan and its steps.</param>
    /// <param name="source">What is restored; null where nothing is.</param>
    /// <param name="impact">What was measured; null where nothing was.</param>
    /// <param name="acceptedLoss">The largest accepted loss; null where none was named.</param>
    /// <param name="approved">The part of the plan that the digest covers; null for all of it.</param>
    public static PlanSummary Of(Runbook runbook, PlanSource? source, ImpactFigures? impact, TimeSpan? acceptedLoss, JsonElement? approved = null) => new()
    {
        Kind = runbook.Kind,
        Target = runbook.Target,
        Digest = runbook.Digest,
        Source = source,
        Hosts = [.. runbook.Steps.Select(step => step.Host).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
        Steps = [.. runbook.Steps.Select(step => new PlanSummaryStep(step.Id, step.Phase, step.Host, step.Title))],
        AcceptedLoss = acceptedLoss,
        Impact = impact,
        Parts = PlanDigest.Parts(approved ?? runbook.Plan),
    };

    PlanSummary IApprovablePlan.ToSummary() => this;

    /// <summary>Which one thing it is that has changed.</summary>
    internal PlanChange ChangeFrom(PlanSummary approved)
    {
        var parts = PartsOtherThan(approved);
        if (Kind != approved.Kind || Target != approved.Target || AcceptedLoss != approved.AcceptedLoss)
        {
            return PlanChange.Plan;
        }

        var isSame = (Source == approved.Source, Steps: Steps.SequenceEqual(approved.Steps));
        return isSame switch
        {
            (false, _) when parts.All(part => IsOf(part, "source")) => PlanChange.Snapshot,
            (true, _) when parts.Count > 0 && parts.All(part => IsOf(part, "machines") || IsOf(part, "members")) => PlanChange.Host,
            (true, true) when parts is ["checks"] => PlanChange.Script,
            _ => PlanChange.Plan,
        };

        static bool IsOf(string part, string name) => part == name || part.StartsWith(name + ".", StringComparison.Ordinal);
    }

    private List<string> PartsOtherThan(PlanSummary approved) => [.. Parts.Keys.Union(approved.Parts.Keys, StringComparer.Ordinal)
        .Where(name => Parts.GetValueOrDefault(name) != approved.Parts.GetValueOrDefault(name)).Order(StringComparer.Ordinal)];

    /// <summary>What is not the same in another summary, in words; empty where both speak of the same plan. Impacts are not compared.</summary>
    public IReadOnlyList<string> DifferencesFrom(PlanSummary approved)
    {
        var differences = new List<string>();
        Compare("kind", Kind, approved.Kind);
        Compare("target", Target, approved.Target);
        Compare("snapshot", Source?.Snapshot, approved.Source?.Snapshot);
        Compare("the snapshot's SHA-256", Source?.Sha256, approved.Source?.Sha256);
        Compare("accepted loss", AcceptedLoss?.ToString(), approved.AcceptedLoss?.ToString());
        Compare("hosts", string.Join(", ", Hosts), string.Join(", ", approved.Hosts));
        var (present, then) = (Steps.ToLookup(step => step.Id, StringComparer.Ordinal), approved.Steps.ToLookup(step => step.Id, StringComparer.Ordinal));
        differences.AddRange(Steps.Where(step => !then[step.Id].Contains(step)).Select(step => $"step {step.Id} is {(then.Contains(step.Id) ? "another" : "new")}"));
        differences.AddRange(approved.Steps.Where(step => !present.Contains(step.Id)).Select(step => $"step {step.Id} is gone"));
        if (differences.Count == 0 && !Steps.SequenceEqual(approved.Steps))
        {
            differences.Add("the order of the steps");
        }

        if (Digest != approved.Digest)
        {
            var parts = PartsOtherThan(approved);
            differences.Add(parts.Count == 0 ? "the plan's digest" : "the plan's " + string.Join(", ", parts));
        }

        return differences;

        void Compare(string what, string? now, string? was)
        {
            if (now != was)
            {
                differences.Add($"{what}: '{now ?? "none"}', approved '{was ?? "none"}'");
            }
        }
    }
}

/// <summary>What has changed since a plan was approved, where it is one thing alone.</summary>
internal enum PlanChange
{
    /// <summary>It is another plan.</summary>
    Plan,
    Snapshot,
    Host,
    Script,
}

/// <summary>What a plan restores.</summary>
/// <param name="Snapshot">The backup's id, or what names the source else.</param>
/// <param name="Sha256">Of the plain snapshot, in lowercase hex; null where it is taken only when the plan runs.</param>
public sealed record PlanSource(string Snapshot, string? Sha256);

/// <summary>One step, as approvers see it.</summary>
/// <param name="Id">Its name in the plan.</param>
/// <param name="Phase">When it runs.</param>
/// <param name="Host">Where it works.</param>
/// <param name="Step">What it does.</param>
public sealed record PlanSummaryStep(string Id, RecoveryPhase Phase, string Host, string Step);
