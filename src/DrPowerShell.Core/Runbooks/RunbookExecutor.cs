using System.Globalization;
using System.Text.Json;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Journal.Errors;
using DrPowerShell.Core.Runbooks.Errors;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Runbooks;

/// <summary>
/// Runs the steps of a runbook: phase by phase, side by side where they are independent, with timeouts, retries and the journal; and takes them
/// back in reverse when one fails before clients were let in.
/// </summary>
/// <remarks>
/// Each attempt is in the journal, fsynced, before it begins. An undo begins only when all that was begun in later phases is taken back: a member
/// must not be started on its old data while another may still run on the new.
/// </remarks>
public sealed class RunbookExecutor(IRunJournal journal, IRunObserver observer, TimeProvider time)
{
    // How long a step may take to stop once it was told to.
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(30);

    // Half a minute: a network that is switched over, or an SSH server that is started anew, must not leave a cluster half taken back.
    private static readonly StepRetry Blips = new(6, TimeSpan.FromSeconds(1));

    /// <summary>Takes the locks of a run again that another process has begun; writes nothing, so that one who is refused leaves no mark.</summary>
    public async Task TakeLocksAsync(Runbook runbook, RunState state, CancellationToken cancellationToken)
    {
        RunbookOrder.Check(runbook.Steps);
        var run = new Execution(runbook, state, new RunFacts(state.Facts));
        await Task.WhenAll(Resumption.Locks(runbook, state).Select(step => Task.Run(() => TakeLockAsync(run, step, cancellationToken), cancellationToken))).ConfigureAwait(false);
    }

    /// <summary>Runs what is left of a runbook.</summary>
    /// <param name="runbook">Its steps.</param>
    /// <param name="state">How far it has come already.</param>
    /// <param name="cancellationToken">Stops it: before the point of no return everything is then taken back, which is not cancelled.</param>
    public async Task<ExecutionResult> RunAsync(Runbook runbook, RunState state, CancellationToken cancellationToken)
    {
        RunbookOrder.Check(runbook.Steps);
        var run = new Execution(runbook, state, new RunFacts(state.Facts));
        if (state.IsUndoing)
        {
            return await UndoAgainAsync(run).ConfigureAwait(false);
        }

        run.Finished.ExceptWith(Resumption.Again(runbook, state).Select(step => step.Id));
        var (failure, step) = await GoOnAsync(run, cancellationToken).ConfigureAwait(false);
        return failure switch
        {
            null => new ExecutionResult(RunResult.Healthy, HasChanged: run.HasChanged),
            StepDidNotStopException or JournalForkedException => new ExecutionResult(RunResult.UndoFailed, failure, step, HasChanged: run.HasChanged),
            _ when run.IsPast => new ExecutionResult(RunResult.Failed, failure, step, HasChanged: run.HasChanged),
            _ => await UndoAsync(run, failure, step).ConfigureAwait(false),
        };
    }

    /// <summary>Takes back what was begun, in reverse.</summary>
    /// <exception cref="RunNotResumableException">Clients have been let in.</exception>
    public Task<ExecutionResult> UndoAsync(Runbook runbook, RunState state)
    {
        RunbookOrder.Check(runbook.Steps);
        return state.IsPastPointOfNoReturn
            ? throw new RunNotResumableException(journal.Run, "has let clients in: it cannot be undone.", $"Go on with Resume-RecoveryRun {journal.Run}, or restore another snapshot.")
            : UndoAgainAsync(new Execution(runbook, state, new RunFacts(state.Facts)));
    }

    private async Task<(Exception? Failure, string? Step)> GoOnAsync(Execution run, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var underWay = new Dictionary<Task<Exception?>, RunbookStep>();
        Exception? failure = null;
        string? failed = null;
        while (true)
        {
            if (failure is null)
            {
                try
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    foreach (var step in RunbookOrder.Ready(run.Runbook.Steps, run.Finished, underWay.Values))
                    {
                        await PassPointOfNoReturnAsync(run, step, cancellationToken).ConfigureAwait(false);
                        run.Begin(step);
                        underWay.Add(Task.Run(() => AttemptAsync(run, step, isWayBack: false, stop.Token), CancellationToken.None), step);
                    }
                }
                catch (Exception e) when (e is RecoveryException or OperationCanceledException or IOException)
                {
                    (failure, failed) = (e, null);
                    await stop.CancelAsync().ConfigureAwait(false);
                }
            }

            if (underWay.Count == 0)
            {
                return (failure, failed);
            }

            var ended = await Task.WhenAny(underWay.Keys).ConfigureAwait(false);
            underWay.Remove(ended, out var which);
            var error = await ended.ConfigureAwait(false);
            if (error is null)
            {
                run.Finished.Add(which!.Id);
            }
            else if (failure is null or OperationCanceledException || error is StepDidNotStopException or JournalForkedException)
            {
                // What the others then say is only that they were stopped.
                (failure, failed) = (error, which!.Id);
                await stop.CancelAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task TakeLockAsync(Execution run, RunbookStep step, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var context = new StepContext(step, run.Facts, journal, observer, time) { IsHeld = Resumption.IsHeld(step, run.State), IsPast = run.State.IsPastPointOfNoReturn };
            using var expiry = new CancellationTokenSource(step.Timeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
            observer.Began(step, run.NumberOf(step), isUndo: false);
            try
            {
                await StoppedInTimeAsync(step, step.RunAsync(context, either.Token), either.Token).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (expiry.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new StepTimedOutException(step.Id, step.Host, step.Timeout);
            }
            catch (RecoveryException e) when (attempt < step.Retry.Attempts && StepFailures.MayPass(e))
            {
                await Task.Delay(step.Retry.PauseAfter(attempt), time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task PassPointOfNoReturnAsync(Execution run, RunbookStep step, CancellationToken cancellationToken)
    {
        if (step.LetsClientsIn && !run.IsPast)
        {
            // Another machine must be able to see it: if this one dies now, nobody may undo.
            await journal.FlushAsync(cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            await journal.AppendAsync(JournalRecordKind.PointOfNoReturn, step.Id, "Nothing is undone from here on.", null, CancellationToken.None).ConfigureAwait(false);
            run.IsPast = true;
            if (run.Runbook.PointOfNoReturn is { } tell)
            {
                // The repository may not answer at this moment, and another machine must know all the same.
                await tell(journal.Run, cancellationToken).ConfigureAwait(false);
            }

            await journal.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<Exception?> AttemptAsync(Execution run, RunbookStep step, bool isWayBack, CancellationToken cancellationToken)
    {
        var result = run.Result(journal.Run, step, time.GetUtcNow());
        for (var attempt = 1; ; attempt++)
        {
            var (error, text) = await AttemptOnceAsync(run, step, attempt, cancellationToken).ConfigureAwait(false);
            result = result with { Attempts = attempt, Duration = time.GetUtcNow() - result.Started, Text = text };
            if (error is null)
            {
                observer.Ended(result with { Outcome = StepOutcome.Succeeded });
                return null;
            }

            var cancelled = cancellationToken.IsCancellationRequested;
            var retry = isWayBack && StepFailures.IsBlip(error) ? Blips : step.Retry;
            var retries = attempt < retry.Attempts && !cancelled && StepFailures.MayPass(error);
            var failure = StepFailures.Of(error, cancelled, retries);
            try
            {
                await journal.AppendAsync(JournalRecordKind.StepFailed, step.Id, failure.Text, JournalData.Of(failure, JournalJson.Default.StepFailure), CancellationToken.None)
                    .ConfigureAwait(false);
                if (retries)
                {
                    await Task.Delay(retry.PauseAfter(attempt), time, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                observer.Ended(result with { Outcome = StepFailures.Outcome(failure), Text = failure.Text, ErrorId = failure.ErrorId });
                if (!step.IsRequired && !cancelled)
                {
                    await new StepContext(step, run.Facts, journal, observer, time)
                        .FindAsync(RecoverySeverity.Error, failure.ErrorId, $"{step.Title}: {failure.Text}", cancellationToken).ConfigureAwait(false);
                    return null;
                }
            }
            catch (Exception e) when (e is OperationCanceledException or RecoveryException or IOException)
            {
                observer.Ended(result with { Outcome = StepFailures.Outcome(failure), Text = failure.Text, ErrorId = failure.ErrorId });

                // Whatever went wrong here, another process goes on with the run: nothing is taken back behind its back.
                return e is JournalForkedException ? e : error;
            }

            return error;
        }
    }

    private async Task<(Exception? Error, string? Text)> AttemptOnceAsync(Execution run, RunbookStep step, int attempt, CancellationToken cancellationToken)
    {
        var context = new StepContext(step, run.Facts, journal, observer, time);
        using var expiry = new CancellationTokenSource(step.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        try
        {
            await journal.AppendAsync(JournalRecordKind.StepBegun, step.Id, string.Create(CultureInfo.InvariantCulture, $"attempt {attempt}"), null, cancellationToken).ConfigureAwait(false);
            observer.Began(step, run.NumberOf(step), isUndo: false);
            await StoppedInTimeAsync(step, GuardedAsync(run, step, () => step.RunAsync(context, either.Token), either.Token), either.Token).ConfigureAwait(false);
            await journal.AppendAsync(JournalRecordKind.StepFinished, step.Id, context.Text, null, CancellationToken.None).ConfigureAwait(false);
            return (null, context.Text);
        }
        catch (OperationCanceledException) when (expiry.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return (new StepTimedOutException(step.Id, step.Host, step.Timeout), context.Text);
        }
#pragma warning disable CA1031 // Whatever a step throws must lead to the undo of what was begun, never past it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return (e, context.Text);
        }
    }

    private async Task GuardedAsync(Execution run, RunbookStep step, Func<Task> act, CancellationToken cancellationToken)
    {
        if (run.Runbook.Guard is { } guard && step is { IsChange: true, IsLock: false, Phase: > RecoveryPhase.Approve and < RecoveryPhase.Record })
        {
            await guard(step, journal.Run, cancellationToken).ConfigureAwait(false);
        }

        await act().ConfigureAwait(false);
    }

    private async Task StoppedInTimeAsync(RunbookStep step, Task work, CancellationToken token)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var _ = token.Register(() => told.TrySetResult()).ConfigureAwait(false);
        if (await Task.WhenAny(work, told.Task).ConfigureAwait(false) != work)
        {
            try
            {
                await work.WaitAsync(StopGrace, time, CancellationToken.None).ConfigureAwait(false);
            }
            catch (TimeoutException) when (!work.IsCompleted)
            {
                throw new StepDidNotStopException(step.Id, step.Host);
            }
        }

        await work.ConfigureAwait(false);
    }

    // Of a process that has died: what it had stopped is stopped again before anything is moved back.
    private async Task<ExecutionResult> UndoAgainAsync(Execution run)
    {
        var stopped = await Task.WhenAll(Resumption.Again(run.Runbook, run.State).Where(step => !run.IsBack(step))
            .Select(async step => (Step: step, Error: await Task.Run(() => AttemptAsync(run, step, isWayBack: true, CancellationToken.None)).ConfigureAwait(false)))).ConfigureAwait(false);
        return stopped.FirstOrDefault(one => one.Error is not null) is { Error: { } failure } first
            ? new ExecutionResult(RunResult.UndoFailed, failure, first.Step.Id, HasChanged: run.HasChanged)
            : await UndoAsync(run, failure: null, failed: null).ConfigureAwait(false);
    }

    private async Task<ExecutionResult> UndoAsync(Execution run, Exception? failure, string? failed)
    {
        foreach (var phase in RunbookOrder.Backwards([.. run.Runbook.Steps.Where(step => !run.IsBack(step))], run.Begun))
        {
            string? stuck = null;
            foreach (var wave in RunbookOrder.Waves(phase))
            {
                // Together: a member that is started alone is not up before the others are.
                var errors = await Task.WhenAll(wave.Select(step => Task.Run(() => UndoAsync(run, step)))).ConfigureAwait(false);
                foreach (var (step, error) in wave.Zip(errors).Where(pair => pair.Second is not null))
                {
                    failure ??= error;
                    stuck ??= step.Id;
                }
            }

            if (stuck is not null)
            {
                return new ExecutionResult(RunResult.UndoFailed, failure, failed, stuck, run.HasChanged);
            }
        }

        return new ExecutionResult(RunResult.Undone, failure, failed, HasChanged: run.HasChanged);
    }

    private async Task<Exception?> UndoAsync(Execution run, RunbookStep step)
    {
        if (step.UndoTitle is null)
        {
            return null;
        }

        var result = run.Result(journal.Run, step, time.GetUtcNow()) with { Step = step.UndoTitle };
        var context = new StepContext(step, run.Facts, new ForgivingJournal(journal), observer, time) { IsFinished = run.Finished.Contains(step.Id) };
        observer.Began(step, run.NumberOf(step), isUndo: true);
        for (var attempt = 1; ; attempt++)
        {
            var error = await UndoOnceAsync(run, step, context, attempt).ConfigureAwait(false);
            result = result with { Attempts = attempt, Duration = time.GetUtcNow() - result.Started };
            if (error is null)
            {
                observer.Ended(result with { Outcome = StepOutcome.Undone, Text = context.Text });
                return null;
            }

            // A refusal stays one; a connection that broke may be there again in a moment.
            var retries = attempt < Blips.Attempts && StepFailures.IsBlip(error);
            var why = StepFailures.Of(error, cancelled: false, retries);
            try
            {
                await TellAsync(JournalRecordKind.UndoFailed, step, why.Text, JournalData.Of(why, JournalJson.Default.StepFailure)).ConfigureAwait(false);
            }
            catch (JournalForkedException e)
            {
                (error, retries) = (e, false);
            }

            if (!retries)
            {
                observer.Ended(result with { Outcome = StepOutcome.UndoFailed, Text = why.Text, ErrorId = why.ErrorId });
                return error;
            }

            var pause = Blips.PauseAfter(attempt);
            context.Report(string.Create(CultureInfo.InvariantCulture, $"{why.Text} Tried again in {pause.TotalSeconds:N0} s ({attempt} of {Blips.Attempts} attempts)."));
            await Task.Delay(pause, time).ConfigureAwait(false);
        }
    }

    private async Task<Exception?> UndoOnceAsync(Execution run, RunbookStep step, StepContext context, int attempt)
    {
        using var expiry = new CancellationTokenSource(step.Timeout + step.Timeout, time);
        try
        {
            await TellAsync(JournalRecordKind.UndoBegun, step, attempt == 1 ? step.UndoTitle : string.Create(CultureInfo.InvariantCulture, $"{step.UndoTitle} (attempt {attempt})"), null)
                .ConfigureAwait(false);
            await StoppedInTimeAsync(step, GuardedAsync(run, step, () => step.UndoAsync(context, expiry.Token), expiry.Token), expiry.Token).ConfigureAwait(false);
            await TellAsync(JournalRecordKind.UndoFinished, step, context.Text, null).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (expiry.IsCancellationRequested)
        {
            return new StepTimedOutException(step.Id, step.Host, step.Timeout + step.Timeout);
        }
#pragma warning disable CA1031 // The undo of the other hosts must go on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return e;
        }
    }

    // Putting things back outranks writing it down: what was undone and not recorded is found undone the next time.
    private Task TellAsync(JournalRecordKind kind, RunbookStep step, string? text, JsonElement? data) =>
        new ForgivingJournal(journal).AppendAsync(kind, step.Id, text, data, CancellationToken.None);
}
