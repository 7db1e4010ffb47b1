using DrPowerShell.Core.Approvals;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Journal.Errors;
using DrPowerShell.Core.Notifications;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Core.Runbooks.Errors;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Runbooks;

/// <summary>Where a run is kept, and who seals it.</summary>
public sealed record RunKeeping
{
    /// <summary>The folder of all runs (<see cref="RunFolder.Of"/>).</summary>
    public required string Folder { get; init; }

    /// <summary>The repository that keeps a copy; null for none.</summary>
    public SnapshotRepository? Repository { get; init; }

    /// <summary>The estate file; null where there was none.</summary>
    public string? Estate { get; init; }

    /// <summary>Knows the secrets that must not be written down (<see cref="Secrets.NotedSecrets"/>).</summary>
    public Redactor Redactor { get; init; } = new();

    /// <summary>Signs the seal; null to leave it unsigned.</summary>
    public ManifestSigner? Signer { get; init; }

    /// <summary>Tells people outside of the run; null for nobody.</summary>
    public NoticeSender? Notices { get; init; }
}

/// <summary>Runs a runbook from its first record to its seal, goes on with one, or takes one back.</summary>
public sealed class RunSession(RunKeeping keeping, IRunObserver observer, TimeProvider? timeProvider = null)
{
    private readonly RedactingObserver _observer = new(observer, keeping.Redactor);
    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    /// <summary>Runs it.</summary>
    /// <param name="id">The run's id (<see cref="RunFolder.NewId"/>).</param>
    /// <param name="runbook">Its steps.</param>
    /// <param name="cancellationToken">Stops it: before the point of no return everything is taken back first.</param>
    /// <exception cref="RunUndoneException">It failed, and everything is back as it was.</exception>
    /// <exception cref="RunFailedException">It failed after clients had been let in.</exception>
    /// <exception cref="RunUndoFailedException">It failed, and could not be taken back wholly.</exception>
    public async Task<RecoveryRun> RunAsync(string id, Runbook runbook, CancellationToken cancellationToken)
    {
        using var own = RunFolder.Take(keeping.Folder, id);
        var journal = JournalWriter.Open(keeping.Folder, id, keeping.Repository?.Store, keeping.Redactor, _time);
        await using var end = journal.ConfigureAwait(false);
        var begun = new RunBegun
        {
            Run = id,
            Kind = runbook.Kind,
            Target = runbook.Target,
            Operator = Here,
            Tool = ToolName.Tool,
            Estate = keeping.Estate,
            Repository = keeping.Repository?.Options.Name,
            Rto = runbook.RecoveryTimeObjective,
            Rpo = runbook.RecoveryPointObjective,
            OutageStart = runbook.OutageStart,
            PlanDigest = runbook.Digest,
            Plan = runbook.Plan,
            Steps = runbook.Describe(),
        };
        await journal.AppendAsync(JournalRecordKind.RunBegun, null, null, JournalData.Of(begun, JournalJson.Default.RunBegun), cancellationToken).ConfigureAwait(false);
        var notices = Notices(begun, journal.Path, isUndo: false);
        await using var told = notices.ConfigureAwait(false);
        notices.Begun(runbook.Steps.OfType<ApproveStep>().FirstOrDefault()?.Claim);
        var result = await new RunbookExecutor(notices.Over(journal), _observer, _time).RunAsync(runbook, RunState.Fresh, cancellationToken).ConfigureAwait(false);
        return await CloseAsync(journal, result, notices).ConfigureAwait(false);
    }

    /// <summary>Goes on with a run that was interrupted, or failed after clients had been let in.</summary>
    /// <param name="id">The run's id.</param>
    /// <param name="create">Makes the runbook again from its first record.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="RunNotResumableException">It has ended well, or was undone.</exception>
    public Task<RecoveryRun> ResumeAsync(string id, Func<RunBegun, Runbook> create, CancellationToken cancellationToken) =>
        GoOnAsync(id, isUndo: false, create, cancellationToken);

    /// <summary>Takes back what a run has begun.</summary>
    /// <param name="id">The run's id.</param>
    /// <param name="create">Makes the runbook again from its first record.</param>
    /// <param name="cancellationToken">Stops it before it begins; the undo itself is not cancelled.</param>
    /// <exception cref="RunNotResumableException">Clients have been let in, or it has ended.</exception>
    public Task<RecoveryRun> UndoAsync(string id, Func<RunBegun, Runbook> create, CancellationToken cancellationToken) =>
        GoOnAsync(id, isUndo: true, create, cancellationToken);

    /// <summary>Brings the journal on this machine up to what the repository holds, and reads it.</summary>
    /// <exception cref="RunNotFoundException">Neither knows the run.</exception>
    public async Task<RecoveryRun> FetchAsync(string id, CancellationToken cancellationToken)
    {
        var sync = new JournalSync(keeping.Folder, keeping.Repository);
        var there = await sync.ReadAsync(id, _time, cancellationToken).ConfigureAwait(false);
        using (RunFolder.Take(keeping.Folder, id))
        {
            await sync.MergeAsync(id, there, cancellationToken).ConfigureAwait(false);
        }

        return Read(keeping.Folder, id);
    }

    /// <summary>user@host of this process.</summary>
    public static string Here => $"{Environment.UserName}@{Environment.MachineName}";

    /// <summary>The run that a journal tells of.</summary>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="JournalBrokenException">Its journal is no whole chain of records.</exception>
    public static RecoveryRun Read(string folder, string id) => Read(folder, id, RunFolder.IsBusy(folder, id));

    private static RecoveryRun Read(string folder, string id, bool isBusy)
    {
        var path = RunFolder.Journal(folder, id);
        if (!File.Exists(path))
        {
            throw new RunNotFoundException(id, folder);
        }

        return JournalReader.Run(id, File.ReadAllBytes(path), isBusy) with { Journal = path, Report = Reports.ReportArchive.Find(path) };
    }

    private async Task<RecoveryRun> GoOnAsync(string id, bool isUndo, Func<RunBegun, Runbook> create, CancellationToken cancellationToken)
    {
        var (sync, path) = (new JournalSync(keeping.Folder, keeping.Repository), RunFolder.Journal(keeping.Folder, id));
        var there = await sync.ReadAsync(id, _time, cancellationToken).ConfigureAwait(false);
        using var own = RunFolder.Take(keeping.Folder, id);
        await sync.MergeAsync(id, there, cancellationToken).ConfigureAwait(false);
        var records = JournalReader.Read(path);
        if (records.Count == 0)
        {
            throw new RunNotResumableException(id, "died before it had begun anything.", "Start a new run.");
        }

        var state = RunFold.State(records);
        var run = RunFold.Run(records, isBusy: false);
        if (run.IsSealed && !isUndo && there.Count < records.Count && await CompleteCopyAsync(id, path, cancellationToken).ConfigureAwait(false))
        {
            return await new Reports.ReportArchive(keeping.Repository, _time).KeepAsync(Read(keeping.Folder, id, isBusy: false) with { IsLocalOnly = false }, Retention()).ConfigureAwait(false);
        }

        if (run.IsSealed)
        {
            throw RunNotResumableException.Ended(run);
        }

        if (isUndo && state.IsPastPointOfNoReturn)
        {
            throw new RunNotResumableException(id, "has let clients in: it cannot be undone.", $"Go on with Resume-RecoveryRun {id}, or restore another snapshot.");
        }

        var begun = RunFold.Begun(records);
        var runbook = create(begun);
        RequireSame(id, begun, runbook);
        await new RunbookExecutor(new NoJournal(id), _observer, _time).TakeLocksAsync(runbook, state, cancellationToken).ConfigureAwait(false);
        var journal = JournalWriter.Open(keeping.Folder, id, keeping.Repository?.Store, keeping.Redactor, _time);
        await using var end = journal.ConfigureAwait(false);
        await journal.AppendAsync(JournalRecordKind.Resumed, null, $"{(isUndo ? "undone" : "resumed")} by {Here}", null, cancellationToken).ConfigureAwait(false);
        var notices = Notices(begun, journal.Path, isUndo);
        await using var told = notices.ConfigureAwait(false);
        notices.Resumed();
        var executor = new RunbookExecutor(notices.Over(journal), _observer, _time);
        var result = isUndo
            ? await executor.UndoAsync(runbook, state).ConfigureAwait(false)
            : await executor.RunAsync(runbook, state, cancellationToken).ConfigureAwait(false);
        return await CloseAsync(journal, result, notices).ConfigureAwait(false);
    }

    private RunNotices Notices(RunBegun begun, string journal, bool isUndo) =>
        new(keeping.Notices, begun, Here, isUndo, () => RunFold.Run(JournalReader.Read(journal), isBusy: false), _time);

    // The run has ended, and its repository did not answer then.
    private async Task<bool> CompleteCopyAsync(string id, string path, CancellationToken cancellationToken)
    {
        if (keeping.Repository is null)
        {
            return false;
        }

        var copy = new JournalCopy(
            keeping.Repository.Store, id, JournalText.Split(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false)).Lines, JournalPatience.Default, _time, Retention());
        await using var end = copy.ConfigureAwait(false);
        await copy.FlushAsync(cancellationToken).ConfigureAwait(false);
        return !copy.IsBehind;
    }

    // What was begun is taken back and gone on with by the names of its steps.
    private static void RequireSame(string id, RunBegun begun, Runbook runbook)
    {
        var (was, now) = (begun.Steps.Select(step => step.Id).ToList(), runbook.Steps.Select(step => step.Id).ToList());
        if (!was.SequenceEqual(now, StringComparer.Ordinal))
        {
            var other = was.Except(now, StringComparer.Ordinal).Concat(now.Except(was, StringComparer.Ordinal)).FirstOrDefault() ?? "their order";
            throw new RunNotResumableException(
                id,
                $"was begun by {begun.Tool} with other steps than those that are made of its plan here: {other} differs.",
                $"Go on with it with that version, and with the estate as it was: {begun.Estate}.");
        }
    }

    private async Task<RecoveryRun> CloseAsync(JournalWriter journal, ExecutionResult result, RunNotices notices)
    {
        // Only what can neither be resumed nor undone any more is sealed.
        var isOver = result.Result is RunResult.Healthy or RunResult.Undone;
        var records = JournalReader.Read(journal.Path);
        var run = RunFold.Run(records, isBusy: false);
        var finished = new RunFinished(result.Result, result.Result == RunResult.Healthy ? Rto(run) : null, Loss(run));
        try
        {
            try
            {
                await journal.AppendAsync(JournalRecordKind.RunFinished, result.FailedStep, StepText(result), JournalData.Of(finished, JournalJson.Default.RunFinished), CancellationToken.None)
                    .ConfigureAwait(false);
            }
            finally
            {
                notices.Ended(run with { Result = finished.Result, Rto = finished.Rto, Loss = finished.Loss, Finished = _time.GetUtcNow() });
            }

            await journal.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            foreach (var missed in await notices.FlushAsync().ConfigureAwait(false))
            {
                await FindAsync(journal, "NotifierNotReached", missed).ConfigureAwait(false);
            }

            if (journal.IsLocalOnly)
            {
                await FindAsync(journal, "JournalLocalOnly", $"{keeping.Repository!.Options.Name} does not hold the whole journal: keep {journal.Path}.").ConfigureAwait(false);
            }

            if (StepBack(records) is { } span)
            {
                await FindAsync(journal, "ClockWentBack", $"The clock went back by {span:c} during the run: durations and RTO may be wrong.").ConfigureAwait(false);
            }

            if (isOver)
            {
                await journal.SealAsync(keeping.Signer ?? keeping.Repository?.Options.Signer, Retention(), CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is JournalNotWritableException or JournalForkedException && result.Result != RunResult.Healthy)
        {
            // What failed outranks that it could not be written down.
        }

        run = RunFold.Run(JournalReader.Read(journal.Path), isBusy: false) with { Journal = journal.Path, JournalHead = journal.Head, IsLocalOnly = journal.IsLocalOnly };
        run = await new Reports.ReportArchive(keeping.Repository, _time).KeepAsync(run, isOver ? Retention() : null).ConfigureAwait(false);
        Throw(run, result);
        return run;
    }

    private static Task FindAsync(JournalWriter journal, string code, string text) => journal.AppendAsync(
        JournalRecordKind.Finding, null, text, JournalData.Of(new RecoveryFinding(RecoverySeverity.Warning, code, text), JournalJson.Default.RecoveryFinding), CancellationToken.None);

    // By more than clocks of two machines may differ, or a clock is corrected from day to day.
    private static TimeSpan? StepBack(IReadOnlyList<JournalRecord> records)
    {
        var largest = records.Zip(records.Skip(1), (before, after) => before.Time - after.Time).DefaultIfEmpty().Max();
        return largest > TimeSpan.FromSeconds(2) ? largest : null;
    }

    private void Throw(RecoveryRun run, ExecutionResult result)
    {
        if (result.Result == RunResult.Healthy || (result.Result == RunResult.Undone && result.Failure is null))
        {
            return;
        }

        // Nothing had been changed: the reason itself says most. The journal's own words are without secrets.
        if (!result.HasChanged && (result.Failure is OperationCanceledException || (result.Failure is RecoveryException known && keeping.Redactor.Clean(known.Message) == known.Message)))
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(result.Failure);
        }

        if (result.Failure is JournalForkedException || (result.Result == RunResult.Undone && result.Failure is OperationCanceledException))
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(result.Failure);
        }

        var failed = run.Steps.FirstOrDefault(step => step.Id == result.FailedStep);
        throw result.Result switch
        {
            RunResult.Undone => new RunUndoneException(run, failed),
            RunResult.Failed => new RunFailedException(run, failed),
            _ => new RunUndoFailedException(run, failed, run.Steps.FirstOrDefault(step => step.Id == result.FailedUndo)),
        };
    }

    private static string? StepText(ExecutionResult result) => result.Failure is null ? null : result.Failure is OperationCanceledException ? "It was stopped." : result.Failure.Message;

    private static TimeSpan? Rto(RecoveryRun run)
    {
        var last = run.Steps.Where(step => step.Phase <= RecoveryPhase.Verify && step.Started is not null).Max(step => step.Started + step.Duration);
        var plan = run.Plan.ValueKind == System.Text.Json.JsonValueKind.Object && run.Plan.TryGetProperty("outageStart", out var outage) && outage.TryGetDateTimeOffset(out var start)
            ? start
            : run.Started;
        return last - plan;
    }

    private static TimeSpan? Loss(RecoveryRun run) => run.Facts.TryGetValue("loss", out var loss) ? RunFacts.FromJson<TimeSpan>(loss) : null;

    private BlobRetention? Retention() =>
        keeping.Repository?.Options.Lock is { } policy ? new BlobRetention(policy.Mode, _time.GetUtcNow().AddDays(policy.Days)) : null;
}
