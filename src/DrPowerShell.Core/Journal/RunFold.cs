using System.Text.Json;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Journal;

/// <summary>Makes a run, and where it can be gone on from, out of its journal.</summary>
public static class RunFold
{
    /// <summary>The run that the records tell of.</summary>
    /// <param name="records">From the first on.</param>
    /// <param name="isBusy">Whether a process works on it now.</param>
    /// <exception cref="FormatException">They are no journal of a run.</exception>
    public static RecoveryRun Run(IReadOnlyList<JournalRecord> records, bool isBusy)
    {
        var begun = Begun(records);
        var run = new RecoveryRun
        {
            Id = begun.Run,
            Kind = begun.Kind,
            Target = begun.Target,
            Result = isBusy ? RunResult.Running : RunResult.Interrupted,
            Started = records[0].Time,
            RtoTarget = begun.Rto,
            LossTarget = begun.Rpo,
            IsRtoFromOutage = begun.OutageStart is not null,
            Operator = begun.Operator,
            PlanDigest = begun.PlanDigest,
            Plan = begun.Plan,
            Estate = begun.Estate,
            Repository = begun.Repository,
        };
        var steps = begun.Steps.ToDictionary(step => step.Id, step => Step(begun.Run, step), StringComparer.Ordinal);
        var (findings, resumed) = (new List<RecoveryFinding>(), new List<string>());
        var facts = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var record in records)
        {
            run = Apply(run, record, findings, resumed, facts);
            if (record.Step is { } id && steps.TryGetValue(id, out var step))
            {
                steps[id] = Apply(step, record);
            }
        }

        return run with
        {
            Steps = begun.Steps.Select(step => steps[step.Id]).ToArray(),
            JournalRecords = records.Count,
            Findings = findings,
            Facts = facts,
            ResumedBy = resumed,
        };
    }

    /// <summary>How far a run has come.</summary>
    public static RunState State(IReadOnlyList<JournalRecord> records)
    {
        var (begun, finished) = (new List<string>(), new HashSet<string>(StringComparer.Ordinal));
        var facts = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var (takingBack, takenBack) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var isPast = false;
        foreach (var record in records)
        {
            switch (record.Kind)
            {
                case JournalRecordKind.StepBegun when !begun.Contains(record.Step!, StringComparer.Ordinal):
                    begun.Add(record.Step!);
                    break;
                case JournalRecordKind.StepFinished:
                    finished.Add(record.Step!);
                    break;
                case JournalRecordKind.Fact:
                    facts[record.Text!] = record.Data ?? default;
                    break;
                case JournalRecordKind.PointOfNoReturn:
                    isPast = true;
                    break;
                case JournalRecordKind.UndoBegun:
                    takingBack.Add(record.Step!);
                    takenBack.Remove(record.Step!);
                    break;
                case JournalRecordKind.UndoFinished:
                    takenBack.Add(record.Step!);
                    break;
            }
        }

        return new RunState
        {
            Begun = begun, Finished = finished, TakingBack = takingBack, TakenBack = takenBack, Facts = facts, IsPastPointOfNoReturn = isPast, IsUndoing = takingBack.Count > 0,
        };
    }

    /// <summary>The first record's data.</summary>
    /// <exception cref="FormatException">They are no journal of a run.</exception>
    public static RunBegun Begun(IReadOnlyList<JournalRecord> records) => records.Count > 0 && records[0].Kind == JournalRecordKind.RunBegun
        ? JournalData.Read(records[0], JournalJson.Default.RunBegun)
        : throw new FormatException("it does not begin with the begin of a run.");

    private static RecoveryRun Apply(RecoveryRun run, JournalRecord record, List<RecoveryFinding> findings, List<string> resumed, Dictionary<string, JsonElement> facts)
    {
        switch (record.Kind)
        {
            case JournalRecordKind.Resumed:
                resumed.Add(record.Text ?? "");
                return run with { Finished = null, Result = run.Result is RunResult.Running ? RunResult.Running : RunResult.Interrupted };
            case JournalRecordKind.Fact:
                facts[record.Text!] = record.Data ?? default;
                return run;
            case JournalRecordKind.Finding:
                findings.Add(JournalData.Read(record, JournalJson.Default.RecoveryFinding));
                return findings[^1].Code == "JournalLocalOnly" ? run with { IsLocalOnly = true } : run;
            case JournalRecordKind.PointOfNoReturn:
                return run with { PointOfNoReturn = record.Time };
            case JournalRecordKind.Approval:
                var used = JournalData.Read(record, JournalJson.Default.ApprovalUsed);
                return run with { ApprovedBy = used.Approvers, Request = used.Request, BreakGlass = used.BreakGlass, NotApproved = used.NotApproved };
            case JournalRecordKind.RunFinished:
                var finished = JournalData.Read(record, JournalJson.Default.RunFinished);
                return run with { Result = finished.Result, Rto = finished.Rto, Loss = finished.Loss, Finished = record.Time };
            case JournalRecordKind.Seal:
                return run with { IsSealed = true };
            default:
                return run;
        }
    }

    private static RecoveryStepResult Apply(RecoveryStepResult step, JournalRecord record) => record.Kind switch
    {
        JournalRecordKind.StepBegun => step with { Outcome = StepOutcome.Begun, Started = step.Started ?? record.Time, Attempts = step.Attempts + 1 },
        JournalRecordKind.StepFinished => step with { Outcome = StepOutcome.Succeeded, Duration = Since(step, record), Text = record.Text, ErrorId = null },
        JournalRecordKind.StepFailed => Failed(step, record),
        JournalRecordKind.UndoFinished => step with { Outcome = StepOutcome.Undone },
        JournalRecordKind.UndoFailed => UndoFailed(step, record),
        _ => step,
    };

    private static RecoveryStepResult Failed(RecoveryStepResult step, JournalRecord record)
    {
        var failure = JournalData.Read(record, JournalJson.Default.StepFailure);
        return step with { Outcome = StepFailures.Outcome(failure), Duration = Since(step, record), Text = failure.Text, ErrorId = failure.ErrorId };
    }

    private static RecoveryStepResult UndoFailed(RecoveryStepResult step, JournalRecord record)
    {
        // Journals of earlier versions tell the text alone.
        var failure = record.Data is null ? null : JournalData.Read(record, JournalJson.Default.StepFailure);
        return failure is { WillRetry: true } ? step : step with { Outcome = StepOutcome.UndoFailed, Text = record.Text, ErrorId = failure?.ErrorId ?? step.ErrorId };
    }

    // A clock that was set back must not make a step take less than no time.
    private static TimeSpan? Since(RecoveryStepResult step, JournalRecord record) => step.Started is { } started ? TimeSpan.FromTicks(Math.Max(0, (record.Time - started).Ticks)) : null;

    private static RecoveryStepResult Step(string run, RecoveryPlanStep step) =>
        new() { Run = run, Number = step.Number, Id = step.Id, Phase = step.Phase, Host = step.Host, Step = step.Step };
}
