using DrPowerShell.Core.Approvals;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Module.Restores;

/// <summary>A restore that was planned: the plan, its steps, and what approvers read of it.</summary>
internal sealed record PlannedRestore(RestorePlan Plan, Runbook Runbook)
{
    /// <summary>What it destroys, as far as that was measured when it was planned; null where it was not.</summary>
    public ImpactFigures? Impact { get; init; }

    /// <summary>What approvers read.</summary>
    public PlanSummary Summary => PlanSummary.Of(
        Runbook, Plan.Source is { } source ? new PlanSource(source.Name ?? source.ToString(), source.Sha256) : null, Impact, Plan.AcceptedLoss, RunFacts.ToJson(Plan.Approved()));

    /// <summary>The steps as the plan lists them.</summary>
    public IReadOnlyList<RecoveryPlanStep> Steps
    {
        get
        {
            var summary = Summary;
            return [.. Runbook.Describe().Select(step => step with { Plan = summary })];
        }
    }

    /// <summary>What a person is asked before it begins.</summary>
    public string Act => Plan.ReplacedMember is { } member
        ? $"Replace member {member} with an empty one that joins anew"
        : $"Restore {Plan.Source}{(Plan.MeasuredLoss is { } loss && loss > TimeSpan.Zero ? $", losing {loss:g}" : "")}";

    /// <summary>What it acts on.</summary>
    public string Target => $"{Plan.Cluster} ({string.Join(", ", Plan.ReplacedMember is { } member ? [member] : Plan.Members.Select(one => one.Name))})";
}

/// <summary>What the step of approval is given.</summary>
/// <param name="Bundle">What was approved; null where nothing was given.</param>
/// <param name="BreakGlass">Why to go ahead without; null where not.</param>
/// <param name="Store">Where requests are used up; null for this machine alone.</param>
internal sealed record GivenApproval(ApprovalBundle? Bundle, string? BreakGlass, Core.Ports.IBlobStore? Store);
