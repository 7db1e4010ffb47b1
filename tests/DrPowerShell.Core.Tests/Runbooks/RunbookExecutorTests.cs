using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Runbooks.Errors;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Runbooks;

/// <summary>The order of steps, their timeouts and retries, and the way back.</summary>
public sealed class RunbookExecutorTests : IDisposable
{
    private readonly RunRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Phases_run_one_after_another_and_steps_wait_for_those_they_name()
    {
        var run = await _rig.RunAsync(
            _rig.Step("reach-a", RecoveryPhase.Assess),
            _rig.Step("build", RecoveryPhase.Restore),
            _rig.Step("place-a", RecoveryPhase.Restore, after: "build"),
            _rig.Step("exchange-a", RecoveryPhase.Restore, after: ["build", "place-a"]),
            _rig.Step("start-a", RecoveryPhase.Start));

        Assert.Equal(["reach-a", "build", "place-a", "exchange-a", "start-a"], _rig.Did);
        Assert.Equal((RunResult.Healthy, true), (run.Result, run.IsSealed));
        Assert.All(run.Steps, step => Assert.Equal(StepOutcome.Succeeded, step.Outcome));
        Assert.Equal(run.Steps.Select(step => step.Id), _rig.Results.Select(result => result.Id));
    }

    [Fact]
    public async Task Independent_steps_on_several_hosts_run_at_the_same_time()
    {
        var together = new Barrier(3);
        Task Meet(StepContext context, CancellationToken token) => Task.Run(() => Assert.True(together.SignalAndWait(TimeSpan.FromSeconds(30), token)), token);

        await _rig.RunAsync(_rig.Step("stop-a", RecoveryPhase.Stop, Meet), _rig.Step("stop-b", RecoveryPhase.Stop, Meet), _rig.Step("stop-c", RecoveryPhase.Stop, Meet));

        Assert.Equal(1, together.CurrentPhaseNumber);
    }

    [Fact]
    public async Task Each_attempt_is_in_the_journal_before_it_begins()
    {
        var seen = new List<JournalRecordKind>();
        await _rig.RunAsync(_rig.Step("a", RecoveryPhase.Assess, (_, _) =>
        {
            seen.AddRange(_rig.Records.Select(record => record.Kind));
            return Task.CompletedTask;
        }));

        Assert.Equal([JournalRecordKind.RunBegun, JournalRecordKind.StepBegun], seen);
    }

    [Fact]
    public async Task A_step_is_tried_again_after_pauses_that_double()
    {
        var (tries, clock) = (0, new Pauses(_rig.Time));
        var step = new ScriptedStep
        {
            Id = "a", Phase = RecoveryPhase.Assess, Title = "a", Retry = new(4, TimeSpan.FromSeconds(10)), Timeout = TimeSpan.FromHours(1),
            Act = (_, _) =>
            {
                tries++;
                return tries < 4 ? throw new Unlucky(FailureKind.Unreachable) : Task.CompletedTask;
            },
        };

        var run = await _rig.LetTimePassAsync(_rig.Session(time: clock).RunAsync(RunRig.Id, RunRig.Book(step), RunRig.Token));

        Assert.Equal([10, 20, 40], clock.Waits.Where(wait => wait < TimeSpan.FromHours(1)).Select(wait => wait.TotalSeconds));
        Assert.Equal(4, Assert.Single(run.Steps).Attempts);
        Assert.Equal(3, _rig.Records.Count(record => record.Kind == JournalRecordKind.StepFailed));
        Assert.Equal(TimeSpan.FromMinutes(1), new StepRetry(9, TimeSpan.FromSeconds(10)).PauseAfter(60));
    }

    [Theory]
    [InlineData(FailureKind.Refused)]
    [InlineData(FailureKind.Security)]
    [InlineData(FailureKind.Busy)]
    [InlineData(FailureKind.InvalidInput)]
    public async Task What_a_person_must_decide_is_not_tried_again(FailureKind kind)
    {
        var step = new ScriptedStep { Id = "a", Phase = RecoveryPhase.Assess, Title = "a", Retry = new(4, TimeSpan.FromSeconds(10)), Act = (_, _) => throw new Unlucky(kind) };

        await Assert.ThrowsAsync<Unlucky>(() => _rig.RunAsync(step));

        Assert.Single(_rig.Records, record => record.Kind == JournalRecordKind.StepFailed);
    }

    [Fact]
    public async Task A_step_that_takes_too_long_is_stopped_and_the_run_taken_back()
    {
        var stopped = false;
        var slow = new ScriptedStep
        {
            Id = "slow", Phase = RecoveryPhase.Restore, Title = "slow", IsChange = true, Timeout = TimeSpan.FromSeconds(30),
            Act = async (_, token) =>
            {
                try
                {
                    await Task.Delay(Timeout.Infinite, token);
                }
                finally
                {
                    stopped = true;
                }
            },
        };

        var error = await Assert.ThrowsAsync<RunUndoneException>(() => _rig.LetTimePassAsync(_rig.RunAsync(_rig.Step("stop-a", RecoveryPhase.Stop), slow)));

        Assert.True(stopped);
        Assert.Equal((StepOutcome.TimedOut, "StepTimedOut"), (error.Run.Steps[1].Outcome, error.Run.Steps[1].ErrorId));
        Assert.Equal(["stop-a", "-stop-a"], _rig.Did);
        Assert.True(error.Run.IsSealed);
    }

    [Fact]
    public async Task Nothing_is_undone_while_a_step_does_not_stop()
    {
        var never = new TaskCompletionSource();
        var stuck = new ScriptedStep { Id = "stuck", Phase = RecoveryPhase.Restore, Title = "stuck", IsChange = true, Timeout = TimeSpan.FromSeconds(30), Act = (_, _) => never.Task };

        var error = await Assert.ThrowsAsync<RunUndoFailedException>(() => _rig.LetTimePassAsync(_rig.RunAsync(_rig.Step("stop-a", RecoveryPhase.Stop), stuck)));

        Assert.Equal(["stop-a"], _rig.Did);
        Assert.Equal("StepDidNotStop", error.Run.Steps[1].ErrorId);
        Assert.Equal((RunResult.UndoFailed, false), (error.Run.Result, error.Run.IsSealed));
        never.SetResult();
    }

    [Fact]
    public async Task What_was_begun_is_taken_back_in_reverse_phase_by_phase_and_wave_by_wave()
    {
        var error = await Assert.ThrowsAsync<RunUndoneException>(() => _rig.RunAsync(
            _rig.Step("quiesce", RecoveryPhase.Quiesce),
            _rig.Step("stop-a", RecoveryPhase.Stop),
            _rig.Step("stop-b", RecoveryPhase.Stop),
            _rig.Step("exchange-a", RecoveryPhase.Restore),
            _rig.Step("configure-a", RecoveryPhase.Restore, after: "exchange-a"),
            _rig.Step("start-a", RecoveryPhase.Start, (_, _) => throw new Unlucky(FailureKind.Refused)),
            _rig.Step("health", RecoveryPhase.Health)));

        var did = _rig.Did.ToList();
        Assert.Equal(["-start-a", "-configure-a", "-exchange-a"], did[6..9]);
        Assert.Equal(["-stop-a", "-stop-b"], did[9..11].Order(StringComparer.Ordinal));
        Assert.Equal(["-quiesce"], did[11..]);
        Assert.Equal(StepOutcome.Pending, error.Run.Steps[6].Outcome);
        Assert.All(error.Run.Steps.Take(6), step => Assert.Equal(StepOutcome.Undone, step.Outcome));
        Assert.Contains("start-a", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_undo_of_one_wave_runs_at_the_same_time()
    {
        var together = new Barrier(2);
        Task Meet(StepContext context, CancellationToken token) => Task.Run(() => Assert.True(together.SignalAndWait(TimeSpan.FromSeconds(30), token)), token);

        await Assert.ThrowsAsync<RunUndoneException>(() => _rig.RunAsync(
            _rig.Step("stop-a", RecoveryPhase.Stop, back: Meet), _rig.Step("stop-b", RecoveryPhase.Stop, back: Meet), _rig.Step("x", RecoveryPhase.Start, (_, _) => throw new Unlucky(FailureKind.Refused))));

        Assert.Equal(1, together.CurrentPhaseNumber);
    }

    [Fact]
    public async Task An_undo_that_fails_keeps_the_earlier_phases_from_being_undone()
    {
        var error = await Assert.ThrowsAsync<RunUndoFailedException>(() => _rig.LetTimePassAsync(_rig.RunAsync(
            _rig.Step("stop-a", RecoveryPhase.Stop),
            _rig.Step("exchange-a", RecoveryPhase.Restore, back: (_, _) => throw new Unlucky(FailureKind.Unreachable)),
            _rig.Step("exchange-b", RecoveryPhase.Restore),
            _rig.Step("start-a", RecoveryPhase.Start, (_, _) => throw new Unlucky(FailureKind.Refused)))));

        Assert.Equal(6, _rig.Did.Count(one => one == "-exchange-a"));
        Assert.Equal((StepOutcome.UndoFailed, "Unlucky"), (error.Run.Steps[1].Outcome, error.Run.Steps[1].ErrorId));
        Assert.Contains("-exchange-b", _rig.Did);
        Assert.DoesNotContain("-stop-a", _rig.Did);
        Assert.Equal((RunResult.UndoFailed, false), (error.Run.Result, error.Run.IsSealed));
        Assert.Contains("Undo-RecoveryRun", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_undo_that_meets_a_short_break_of_the_network_is_tried_again_and_each_attempt_is_in_the_journal()
    {
        var (tries, clock) = (0, new Pauses(_rig.Time));
        Task Flicker() => ++tries < 4 ? throw new Unlucky(FailureKind.Unreachable) : Task.CompletedTask;
        var steps = new[]
        {
            _rig.Step("stop-a", RecoveryPhase.Stop),
            _rig.Step("exchange-a", RecoveryPhase.Restore, back: (_, _) => Flicker()),
            _rig.Step("start-a", RecoveryPhase.Start, (_, _) => throw new Unlucky(FailureKind.Refused)),
        };

        var error = await Assert.ThrowsAsync<RunUndoneException>(() => _rig.LetTimePassAsync(_rig.Session(time: clock).RunAsync(RunRig.Id, RunRig.Book(steps), RunRig.Token)));

        Assert.Equal([1, 2, 4], clock.Waits.Where(wait => wait < TimeSpan.FromSeconds(30)).Select(wait => wait.TotalSeconds));
        Assert.Equal((RunResult.Undone, true, StepOutcome.Undone), (error.Run.Result, error.Run.IsSealed, error.Run.Steps[1].Outcome));
        Assert.Equal("-stop-a", _rig.Did.Last());
        var (begun, failed, finished) = (JournalRecordKind.UndoBegun, JournalRecordKind.UndoFailed, JournalRecordKind.UndoFinished);
        var records = _rig.Records.Where(record => record.Step == "exchange-a" && record.Kind >= begun).ToList();
        Assert.Equal([begun, failed, begun, failed, begun, failed, begun, finished], records.Select(record => record.Kind));
        Assert.All(records.Where(record => record.Kind == failed), record => Assert.True(record.Data!.Value.GetProperty("willRetry").GetBoolean()));
        Assert.EndsWith("(attempt 4)", records[^2].Text, StringComparison.Ordinal);
        Assert.Contains(_rig.Shown, text => text.Contains("Tried again in 1 s", StringComparison.Ordinal));
        Assert.Equal((StepOutcome.Undone, 4), _rig.Results.Where(result => result.Id == "exchange-a").Select(result => (result.Outcome, result.Attempts)).Last());
    }

    [Theory]
    [InlineData(FailureKind.Refused)]
    [InlineData(FailureKind.Permission)]
    [InlineData(FailureKind.Timeout)]
    [InlineData(FailureKind.InvalidState)]
    public async Task An_undo_that_is_refused_or_fails_on_the_machine_is_not_tried_again(FailureKind kind)
    {
        await Assert.ThrowsAsync<RunUndoFailedException>(() => _rig.RunAsync(
            _rig.Step("stop-a", RecoveryPhase.Stop, back: (_, _) => throw new Unlucky(kind)), _rig.Step("x", RecoveryPhase.Start, (_, _) => throw new Unlucky(FailureKind.Refused))));

        Assert.Single(_rig.Records, record => record.Kind == JournalRecordKind.UndoFailed);
    }

    [Fact]
    public async Task What_is_stopped_again_before_an_undo_goes_on_is_tried_again_too()
    {
        var (tries, isBroken) = (0, true);
        RunbookStep[] steps =
        [
            new ScriptedStep
            {
                Id = "stop-a", Phase = RecoveryPhase.Stop, Title = "stop", IsChange = true, UndoTitle = "start", HoldsUntil = "start-a",
                Act = (_, _) => ++tries == 2 ? throw new Unlucky(FailureKind.Unreachable) : Task.CompletedTask,
            },
            _rig.Step("exchange-a", RecoveryPhase.Restore, back: (_, _) => isBroken ? throw new Unlucky(FailureKind.Refused) : Task.CompletedTask),
            _rig.Step("start-a", RecoveryPhase.Start, (_, _) => throw new Unlucky(FailureKind.Refused)),
        ];
        await Assert.ThrowsAsync<RunUndoFailedException>(() => _rig.RunAsync(steps));
        isBroken = false;

        var run = await _rig.LetTimePassAsync(_rig.UndoAsync(steps));

        Assert.Equal((RunResult.Undone, 3), (run.Result, tries));
    }

    [Fact]
    public async Task Nothing_is_undone_once_clients_were_let_in()
    {
        var error = await Assert.ThrowsAsync<RunFailedException>(() => _rig.RunAsync(
            _rig.Step("start-a", RecoveryPhase.Start),
            _rig.Step("admit-a", RecoveryPhase.Switch),
            _rig.Step("check", RecoveryPhase.Verify, (_, _) => throw new Unlucky(FailureKind.InvalidState))));

        Assert.Equal(["start-a", "admit-a", "check"], _rig.Did);
        Assert.NotNull(error.Run.PointOfNoReturn);
        Assert.Equal((RunResult.Failed, false), (error.Run.Result, error.Run.IsSealed));
        var kinds = _rig.Records.Select(record => record.Kind).ToList();
        Assert.Equal(JournalRecordKind.StepBegun, kinds[kinds.IndexOf(JournalRecordKind.PointOfNoReturn) + 1]);
        await Assert.ThrowsAsync<RunNotResumableException>(() => _rig.UndoAsync(_rig.Step("start-a", RecoveryPhase.Start), _rig.Step("admit-a", RecoveryPhase.Switch), _rig.Step("check", RecoveryPhase.Verify)));
        Assert.Equal(kinds, _rig.Records.Select(record => record.Kind));
    }

    [Fact]
    public async Task A_step_that_is_not_required_becomes_a_finding()
    {
        var optional = new ScriptedStep { Id = "protect", Phase = RecoveryPhase.Protect, Title = "a last snapshot", IsRequired = false, Act = (_, _) => throw new Unlucky(FailureKind.Refused) };

        var run = await _rig.RunAsync(optional, _rig.Step("stop-a", RecoveryPhase.Stop));

        Assert.Equal((RunResult.Healthy, "Unlucky"), (run.Result, Assert.Single(run.Findings).Code));
        Assert.Equal(StepOutcome.Failed, run.Steps[0].Outcome);
    }

    [Fact]
    public async Task A_run_that_is_stopped_is_taken_back_and_says_that_it_was_stopped()
    {
        using var stop = new CancellationTokenSource();
        var steps = new[]
        {
            _rig.Step("stop-a", RecoveryPhase.Stop),
            _rig.Step("place-a", RecoveryPhase.Restore, async (_, token) =>
            {
                await stop.CancelAsync();
                await Task.Delay(Timeout.Infinite, token);
            }),
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _rig.Session().RunAsync(RunRig.Id, RunRig.Book(steps), stop.Token));

        Assert.Equal(["stop-a", "place-a", "-place-a", "-stop-a"], _rig.Did);
        var run = RunSession.Read(_rig.Folder, RunRig.Id);
        Assert.Equal((RunResult.Undone, true), (run.Result, run.IsSealed));
    }

    [Fact]
    public async Task A_failure_that_the_product_does_not_know_is_undone_as_well()
    {
        await Assert.ThrowsAsync<RunUndoneException>(() => _rig.RunAsync(
            _rig.Step("stop-a", RecoveryPhase.Stop), _rig.Step("x", RecoveryPhase.Restore, (_, _) => throw new InvalidOperationException("a bug"))));

        Assert.Equal(["stop-a", "x", "-x", "-stop-a"], _rig.Did);
        Assert.Equal("UnexpectedFailure", RunSession.Read(_rig.Folder, RunRig.Id).Steps[1].ErrorId);
    }

    [Fact]
    public async Task Facts_go_through_JSON_from_step_to_step()
    {
        Noted? read = null;
        await _rig.RunAsync(
            _rig.Step("a", RecoveryPhase.Assess, (context, token) => context.RecordAsync("noted", new Noted("one", 1_204_331, TimeSpan.FromSeconds(90), RecoveryPhase.Stop), token)),
            _rig.Step("b", RecoveryPhase.Stop, (context, _) =>
            {
                read = context.Facts.Get<Noted>("noted");
                Assert.Throws<FactMissingException>(() => context.Facts.Get<string>("other"));
                return Task.CompletedTask;
            }));

        Assert.Equal(new Noted("one", 1_204_331, TimeSpan.FromSeconds(90), RecoveryPhase.Stop), read);
        Assert.Equal("one", RunSession.Read(_rig.Folder, RunRig.Id).Facts["noted"].GetProperty("name").GetString());
    }

    [Fact]
    public async Task Steps_that_do_not_fit_together_are_refused_before_anything_runs()
    {
        await Assert.ThrowsAsync<RunbookNotValidException>(() => _rig.RunAsync(_rig.Step("a", RecoveryPhase.Stop), _rig.Step("b", RecoveryPhase.Assess)));
        Assert.Throws<RunbookNotValidException>(() => RunbookOrder.Check([_rig.Step("a", RecoveryPhase.Stop), _rig.Step("a", RecoveryPhase.Stop)]));
        Assert.Throws<RunbookNotValidException>(() => RunbookOrder.Check([_rig.Step("a", RecoveryPhase.Stop, after: "b"), _rig.Step("b", RecoveryPhase.Stop)]));
        Assert.Empty(_rig.Did);
    }

    private sealed class Pauses(TimeProvider inner) : TimeProvider
    {
        public List<TimeSpan> Waits { get; } = [];

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waits.Add(dueTime);
            return inner.CreateTimer(callback, state, dueTime, period);
        }
    }

    private sealed record Noted(string Name, long Revision, TimeSpan Span, RecoveryPhase Phase);
}

/// <summary>A failure of a chosen kind.</summary>
internal sealed class Unlucky(FailureKind kind) : RecoveryException(kind, null, "It did not work.", null);
