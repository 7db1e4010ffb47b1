using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Checking;
using DrPowerShell.Core.Repositories.Copying;
using DrPowerShell.Core.Repositories.Locking;
using DrPowerShell.Core.Retention;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Schedules;

/// <summary>Runs a schedule: backs up, copies, applies retention, checks. What fails is noted, and the rest has its turn.</summary>
public sealed class ScheduleRunner(TimeProvider? timeProvider = null)
{
    // Warnings of a check by which an expectation of the schedule is not met.
    private static readonly string[] Unmet = ["SingleCopy", "TooFewCopies", "NoOffsiteCopy", "ProofOverdue"];

    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    /// <summary>Runs it. Whatever falls short is in the result.</summary>
    /// <param name="run">What is run.</param>
    /// <param name="progress">Is told how far the backup is.</param>
    /// <param name="decisions">Is told each decision, as a sentence.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<ScheduleRunResult> RunAsync(ScheduleRun run, IProgress<BackupProgress>? progress, IProgress<string>? decisions, CancellationToken cancellationToken)
    {
        var (started, began) = (_time.GetTimestamp(), _time.GetUtcNow());
        var state = new State(run, progress, decisions);
        try
        {
            await RunAsync(state, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            foreach (var repository in state.Open.Values)
            {
                await repository.DisposeAsync().ConfigureAwait(false);
            }
        }

        return new()
        {
            Schedule = run.Schedule.Name,
            Cluster = run.Schedule.Cluster,
            Started = began,
            Duration = _time.GetElapsedTime(started),
            Backup = state.Backup,
            CopiedTo = state.CopiedTo,
            Retention = state.Decided,
            Checks = state.Checks,
            Problems = state.Problems,
        };
    }

    private async Task RunAsync(State state, CancellationToken cancellationToken)
    {
        foreach (var one in state.All)
        {
            await OpenAsync(state, one, cancellationToken).ConfigureAwait(false);
        }

        // Where the first repository cannot be reached nothing is backed up, so no lock is needed: only checks follow.
        if (!state.Open.TryGetValue(state.Run.Repository.Name, out var first))
        {
            await CheckAllAsync(state, cancellationToken).ConfigureAwait(false);
            return;
        }

        RepositoryLock? held = null;
        await state.TryAsync("lock", async () => held = await RepositoryLock.TakeAsync(
            first.Store, $"schedule-{ScheduleCommand.UnitName(state.Schedule)}", $"schedule {state.Schedule.Name}", state.Run.Patience, _time, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        if (held is null)
        {
            return; // the run that has the lock does it all
        }

        await using var release = held.ConfigureAwait(false);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(held.Lost, cancellationToken);
        try
        {
            await BackUpAsync(state, first, ending.Token).ConfigureAwait(false);
            foreach (var one in state.Run.CopyTo)
            {
                await CopyAsync(state, first, one, ending.Token).ConfigureAwait(false);
            }

            foreach (var one in state.All)
            {
                await RetainAsync(state, one, ending.Token).ConfigureAwait(false);
            }

            await CheckAllAsync(state, ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (held.Lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            state.Fail("lock", "it could not be renewed, so another run may have begun; this one stopped.");
        }
    }

    private static async Task OpenAsync(State state, ScheduleRepository one, CancellationToken cancellationToken)
    {
        if (one.Options is not { } options)
        {
            state.Fail(one.Name, one.Failure?.Message ?? "it cannot be opened.");
            return;
        }

        await state.TryAsync(one.Name, async () => state.Open[one.Name] = await state.Run.OpenRepository(options, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task BackUpAsync(State state, SnapshotRepository repository, CancellationToken cancellationToken)
    {
        var schedule = state.Schedule;
        var options = new RepositoryBackupOptions
        {
            ClusterName = schedule.Cluster,
            Level = schedule.Level,
            SpoolDirectory = schedule.SpoolDirectory,
            IncludeFiles = schedule.IncludeFiles,
        };
        await state.TryAsync("backup", async () =>
        {
            var cluster = await state.Run.OpenCluster(cancellationToken).ConfigureAwait(false);
            await using var close = cluster.ConfigureAwait(false);
            state.Backup = await new RepositoryBackup(_time).RunAsync(cluster, repository, options, state.Progress, state.Decisions, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
        if (state.Backup is { } backup && (!Enum.TryParse<VerificationLevel>(backup.Manifest?.Verified, out var reached) || reached < schedule.Level))
        {
            state.Fail("backup", $"it was proved to level {backup.Manifest?.Verified} only; the schedule asks for {schedule.Level}.");
        }
    }

    // The newest first; then what earlier runs could not copy: whatever is newer than the newest there.
    private async Task CopyAsync(State state, SnapshotRepository source, ScheduleRepository one, CancellationToken cancellationToken)
    {
        if (!state.Open.TryGetValue(one.Name, out var destination))
        {
            return;
        }

        await state.TryAsync($"copy to {one.Name}", async () =>
        {
            var filter = new BackupFilter { Cluster = state.Schedule.Cluster };
            DateTimeOffset? newest = null;
            await foreach (var there in destination.ListAsync(filter, damaged: null, cancellationToken).ConfigureAwait(false))
            {
                newest = there.Id.Time;
                break;
            }

            var copier = new BackupCopier(source, destination, new CopyOptions(), _time);
            await foreach (var backup in source.ListAsync(filter with { After = newest }, damaged: null, cancellationToken).ConfigureAwait(false))
            {
                var isOurs = backup.Id.ToString() == state.Backup?.Name;
                if (isOurs || newest is not null)
                {
                    var outcome = await copier.CopyAsync(backup, progress: null, cancellationToken).ConfigureAwait(false);
                    state.Decisions?.Report($"{backup.Id} to {one.Name}: {outcome}.");
                }

                if (isOurs)
                {
                    state.CopiedTo.Add(one.Name);
                }
            }
        }).ConfigureAwait(false);
    }

    // Nothing is removed where the new backup did not arrive.
    private async Task RetainAsync(State state, ScheduleRepository one, CancellationToken cancellationToken)
    {
        var arrived = state.Backup is not null && (one == state.Run.Repository || state.CopiedTo.Contains(one.Name, StringComparer.Ordinal));
        if (state.Schedule.Retention is not { } policy || !state.Open.TryGetValue(one.Name, out var repository))
        {
            return;
        }

        if (!arrived)
        {
            state.Decisions?.Report($"Retention is not applied to {one.Name}: no new backup arrived there.");
            return;
        }

        await state.TryAsync($"retention of {one.Name}", () => new RetentionRunner(repository, _time).RunAsync(
            new() { Policy = policy, Cluster = state.Schedule.Cluster }, _ => true, new Collected<RetentionDecision>(state.Decided), collected: null,
            state.Run.Patience, cancellationToken)).ConfigureAwait(false);
    }

    private async Task CheckAllAsync(State state, CancellationToken cancellationToken)
    {
        foreach (var one in state.All)
        {
            if (!state.Open.TryGetValue(one.Name, out var repository))
            {
                continue;
            }

            // Copies are counted from the first repository; what is read again is read there.
            var isFirst = one == state.Run.Repository;
            var asked = state.Schedule.Expectations;
            var options = new RepositoryCheckOptions
            {
                Cluster = state.Schedule.Cluster,
                Expectations = isFirst ? asked : new() { Rpo = asked.Rpo },
                CopiesIn = isFirst ? [.. state.Run.CopyTo.Select(other => other.Options).OfType<RepositoryOptions>()] : [],
                Reverify = isFirst ? Reverification.Overdue : Reverification.None,
                Test = new() { Keys = one.Keys, SpoolDirectory = state.Schedule.SpoolDirectory },
                Open = state.Run.OpenRepository,
            };
            await state.TryAsync($"check of {one.Name}", async () =>
            {
                var result = await new RepositoryCheck(repository, _time).RunAsync(options, progress: null, cancellationToken).ConfigureAwait(false);
                state.Checks.Add(result);
                foreach (var group in result.Findings.Where(f => f.Severity == FindingSeverity.Error || Unmet.Contains(f.Code, StringComparer.Ordinal)).GroupBy(f => f.Code, StringComparer.Ordinal))
                {
                    // One line a kind: a repository may have thousands of them.
                    var others = group.Count() - 1;
                    state.Fail($"check of {one.Name}", $"{group.First().Backup} {group.First().Text}{(others > 0 ? $" ({group.Key}, and {others} more)" : $" ({group.Key})")}".TrimStart());
                }
            }).ConfigureAwait(false);
        }
    }

    private sealed class State(ScheduleRun run, IProgress<BackupProgress>? progress, IProgress<string>? decisions)
    {
        public ScheduleRun Run { get; } = run;

        public BackupSchedule Schedule => Run.Schedule;

        public IEnumerable<ScheduleRepository> All => [Run.Repository, .. Run.CopyTo];

        public IProgress<BackupProgress>? Progress { get; } = progress;

        public IProgress<string>? Decisions { get; } = decisions;

        public Dictionary<string, SnapshotRepository> Open { get; } = new(StringComparer.Ordinal);

        public EtcdSnapshot? Backup { get; set; }

        public List<string> CopiedTo { get; } = [];

        public List<RetentionDecision> Decided { get; } = [];

        public List<RepositoryCheckResult> Checks { get; } = [];

        public List<string> Problems { get; } = [];

        public void Fail(string act, string reason)
        {
            var line = string.Join(' ', $"{act}: {reason}".Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            Problems.Add(line);
            Decisions?.Report(line);
        }

        public async Task TryAsync(string act, Func<Task> work)
        {
            try
            {
                await work().ConfigureAwait(false);
            }
            catch (Exception e) when (e is RecoveryException or IOException or UnauthorizedAccessException)
            {
                Fail(act, e.Message);
            }
        }
    }

    private sealed class Collected<T>(List<T> list) : IProgress<T>
    {
        public void Report(T value) => list.Add(value);
    }
}
