using System.Text.Json;
using DrPowerShell.Core.Checks;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Impact;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Reports;

/// <summary>Makes the report of a run from what its journal tells. What a journal of another version holds in another form is left out, never guessed.</summary>
public static class ReportMaker
{
    /// <summary>Makes it.</summary>
    public static RecoveryReport Make(RecoveryRun run, TimeProvider? time = null)
    {
        var plan = run.Kind == RestorePlan.RunbookKind ? Read<RestorePlan>(run.Plan) : null;
        var impact = Fact<RestoreImpact>(run, PlanImpact.Fact);
        return new RecoveryReport
        {
            Run = run.Id,
            Kind = run.Kind,
            Target = run.Target,
            Result = run.Result,
            Started = run.Started.ToUniversalTime(),
            Finished = run.Finished?.ToUniversalTime(),
            PointOfNoReturn = run.PointOfNoReturn?.ToUniversalTime(),
            Operator = run.Operator,
            ResumedBy = run.ResumedBy,
            Approval = new ReportApproval { Request = run.Request, ApprovedBy = run.ApprovedBy, BreakGlass = run.BreakGlass, NotApproved = run.NotApproved },
            Failure = run.Result is RunResult.Healthy ? null : Failure(run),
            ReplacedMember = plan?.ReplacedMember,
            Source = plan?.Source is { } source ? Source(run, source) : null,
            Impact = impact,
            Rto = Rto(run, plan),
            Loss = Loss(run, plan, impact),
            Steps = [.. run.Steps.Select(Step)],
            Checks = Checks(run),
            Findings = run.Findings,
            Kept = Kept(run, plan),
            Journal = new ReportJournal { Path = run.Journal, Head = run.JournalHead, IsSealed = run.IsSealed, Repository = run.Repository, IsLocalOnly = run.IsLocalOnly },
            PlanDigest = run.PlanDigest,
            Generated = (time ?? TimeProvider.System).GetUtcNow(),
            Tool = ToolName.Tool,
        };
    }

    private static ReportStep Step(RecoveryStepResult step) => new()
    {
        Number = step.Number,
        Id = step.Id,
        Phase = step.Phase,
        Host = step.Host,
        Title = step.Step,
        Outcome = step.Outcome,
        Started = step.Started?.ToUniversalTime(),
        Duration = step.Duration,
        Attempts = step.Attempts,
        Text = step.Text,
        ErrorId = step.ErrorId,
    };

    // Those that were stopped because of another one are no reason.
    private static ReportFailure? Failure(RecoveryRun run) =>
        run.Steps.Where(step => step.ErrorId is not null).OrderBy(step => step.ErrorId == "Cancelled").ThenBy(step => step.Started + step.Duration).FirstOrDefault() is { } step
            ? new ReportFailure(step.Id, step.Step, step.Host, step.ErrorId!, step.Text)
            : null;

    private static ReportSource Source(RecoveryRun run, RestoreSource planned)
    {
        var taken = Fact<TakenSource>(run, RestoreImage.SourceFact);
        var (clusterId, bump) = Restored(run);
        return new ReportSource
        {
            Kind = planned.Kind,
            Member = planned.Member,
            Repository = planned.Repository,
            Name = planned.Name ?? taken?.Path,
            Sha256 = taken?.Sha256 ?? planned.Sha256,
            Revision = taken?.Revision ?? (planned.Revision > 0 ? planned.Revision : null),
            Taken = (taken?.Taken ?? planned.Taken)?.ToUniversalTime(),
            Size = taken?.Size ?? (planned.Size > 0 ? planned.Size : null),
            ClusterId = clusterId,
            RevisionBump = bump,
            HashKv = Fact<ExpectedHash>(run, RestoreImage.HashFact) is { } hash ? hash.HashKv.ToString("x8", System.Globalization.CultureInfo.InvariantCulture) : null,
        };
    }

    private static (string? ClusterId, long? Bump) Restored(RecoveryRun run)
    {
        if (!run.Facts.TryGetValue(RestoreImage.RestoredFact, out var members) || members.ValueKind != JsonValueKind.Array || members.GetArrayLength() == 0)
        {
            return (null, null);
        }

        var member = members[0];
        return (
            member.ValueKind == JsonValueKind.Object && member.TryGetProperty("clusterId", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString() : null,
            member.ValueKind == JsonValueKind.Object && member.TryGetProperty("revisionBump", out var bump) && bump.ValueKind == JsonValueKind.Number && bump.TryGetInt64(out var number) ? number : null);
    }

    private static ReportRto Rto(RecoveryRun run, RestorePlan? plan) => new()
    {
        Target = run.RtoTarget,
        Measured = run.Rto,
        IsMet = run.Rto is null || run.RtoTarget is null ? null : run.Rto <= run.RtoTarget,
        IsFromOutage = run.IsRtoFromOutage,
        CountedFrom = run.IsRtoFromOutage ? plan?.OutageStart?.ToUniversalTime() : run.Started.ToUniversalTime(),
    };

    private static ReportLoss Loss(RecoveryRun run, RestorePlan? plan, RestoreImpact? impact)
    {
        // What was put back has lost nothing; what clients already use has, whether or not the run came to write it down.
        var measured = run.Loss ?? (run.PointOfNoReturn is null ? null : plan?.MeasuredLoss ?? impact?.MeasuredLoss);
        return new ReportLoss
        {
            Target = run.LossTarget,
            Measured = measured,
            IsMet = measured is null || run.LossTarget is null ? null : measured <= run.LossTarget,
            AtMost = impact?.LossAtMost,
            Accepted = plan?.AcceptedLoss,
            LastWrite = impact?.LastWrite?.ToUniversalTime(),
            LastWriteFrom = impact?.LastWriteFrom ?? LastWriteEvidence.None,
        };
    }

    private static IReadOnlyList<ReportCheck> Checks(RecoveryRun run)
    {
        var steps = run.Steps.Where(step => step.Phase == RecoveryPhase.Verify).ToList();
        var told = run.Facts.Where(fact => IsCheck(fact.Value)).OrderBy(fact => fact.Key, StringComparer.Ordinal).Select(fact => Read<CheckResult>(fact.Value)).OfType<CheckResult>().ToList();
        return told.Count >= steps.Count && told.Count > 0
            ? [.. told.Select(check => new ReportCheck
            {
                Name = check.Name, Kind = check.Kind.ToString(), Passed = check.Passed, Attempts = check.Attempts, Duration = check.Duration, Latency = check.Latency, Text = check.Text,
            })]
            : [.. steps.Select(step => new ReportCheck
            {
                Name = step.Step, Passed = Passed(step.Outcome), Attempts = step.Attempts, Duration = step.Duration, Text = step.Text,
            })];
    }

    private static bool? Passed(StepOutcome outcome) => outcome switch
    {
        StepOutcome.Succeeded => true,
        StepOutcome.Failed or StepOutcome.TimedOut => false,
        _ => null,
    };

    private static bool IsCheck(JsonElement fact) =>
        fact.ValueKind == JsonValueKind.Object && fact.TryGetProperty("passed", out _) && fact.TryGetProperty("kind", out _) && fact.TryGetProperty("text", out _);

    private static List<ReportKept> Kept(RecoveryRun run, RestorePlan? plan)
    {
        var kept = new List<ReportKept>();
        foreach (var member in plan?.Members ?? [])
        {
            var step = run.Steps.FirstOrDefault(step => step.Id == $"exchange-{member.Name}" || step.Id == $"park-{member.Name}");
            var hadNone = step is not null && run.Facts.TryGetValue(step.Id + ".had-old", out var had) && had.ValueKind == JsonValueKind.String && had.GetString() == "no";
            if (step is { Outcome: not (StepOutcome.Pending or StepOutcome.Undone) } && !hadNone)
            {
                kept.Add(new ReportKept(ReportKeptKind.OldData, member.Host, member.Parked(run.Id), step.Outcome == StepOutcome.Succeeded));
            }
        }

        if (Fact<TakenSource>(run, RestoreImage.LastFact) is { Path.Length: > 0 } last)
        {
            kept.Add(new ReportKept(ReportKeptKind.LastSnapshot, "local", last.Path, IsCertain: true));
        }

        return kept;
    }

    private static T? Fact<T>(RecoveryRun run, string name)
        where T : class => run.Facts.TryGetValue(name, out var fact) ? Read<T>(fact) : null;

    private static T? Read<T>(JsonElement json)
        where T : class
    {
        try
        {
            return json.ValueKind == JsonValueKind.Object ? RunFacts.FromJson<T>(json) : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return null;
        }
    }
}
