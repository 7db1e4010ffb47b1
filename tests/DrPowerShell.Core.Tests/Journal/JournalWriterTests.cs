using System.Text;
using System.Text.Json;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Journal.Errors;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Runbooks.Errors;
using DrPowerShell.Core.Tests.Runbooks;
using DrPowerShell.Etcd.Errors;
using Xunit;

namespace DrPowerShell.Core.Tests.Journal;

/// <summary>What is written, and what never is.</summary>
public sealed class JournalWriterTests : IDisposable
{
    private const string Secret = "hunter2-correct-horse/battery+staple\"";

    private readonly RunRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task A_last_line_that_a_crash_cut_off_is_taken_away()
    {
        await using (var journal = Open())
        {
            await journal.AppendAsync(JournalRecordKind.StepBegun, "a", null, null, RunRig.Token);
        }

        await File.AppendAllTextAsync(_rig.Journal, """{"sequence":2,"ti""", RunRig.Token);
        await using (var journal = Open())
        {
            await journal.AppendAsync(JournalRecordKind.StepFinished, "a", null, null, RunRig.Token);
        }

        Assert.Equal([JournalRecordKind.StepBegun, JournalRecordKind.StepFinished], _rig.Records.Select(record => record.Kind));
    }

    [Fact]
    public async Task A_broken_journal_is_not_written_to_and_neither_is_a_sealed_one()
    {
        await _rig.RunAsync(_rig.Step("a", RecoveryPhase.Assess));
        var before = await File.ReadAllBytesAsync(_rig.Journal, RunRig.Token);
        Assert.Throws<JournalBrokenException>(() => Open());

        await File.WriteAllTextAsync(_rig.Journal, Encoding.UTF8.GetString(before).Replace("attempt 1", "attempt 2", StringComparison.Ordinal), RunRig.Token);
        Assert.Throws<JournalBrokenException>(() => Open());
        await Assert.ThrowsAsync<JournalBrokenException>(() => _rig.ResumeAsync(_rig.Step("a", RecoveryPhase.Assess)));
        Assert.Throws<JournalBrokenException>(() => RunSession.Read(_rig.Folder, RunRig.Id));
    }

    [Fact]
    public async Task A_record_that_is_too_large_is_refused_and_the_run_taken_back()
    {
        var error = await Assert.ThrowsAsync<RunUndoneException>(() => _rig.RunAsync(
            _rig.Step("stop-a", RecoveryPhase.Stop, (context, token) => context.RecordAsync("large", new string('x', JournalWriter.LargestRecord), token))));

        Assert.Equal("JournalRecordTooLarge", error.Run.Steps[0].ErrorId);
        Assert.Equal(["stop-a", "-stop-a"], _rig.Did);
        Assert.True(error.Run.IsSealed);
    }

    [Fact]
    public async Task A_record_of_several_megabytes_comes_back_whole_from_a_repository()
    {
        var store = new Repositories.MemoryBlobStore(_rig.Time);
        await _rig.Session(RunRig.Over(store)).RunAsync(RunRig.Id, RunRig.Book(_rig.Step("a", RecoveryPhase.Stop, (context, token) => context.RecordAsync("large", new string('x', 3 << 20), token))), RunRig.Token);

        Assert.Equal(await File.ReadAllBytesAsync(_rig.Journal, RunRig.Token), JournalReader.ToFile(await JournalReader.FetchAsync(store, RunRig.Id, RunRig.Token)));
    }

    [Fact]
    public async Task A_clock_that_goes_back_is_told_and_makes_no_step_take_less_than_no_time()
    {
        var clock = new SteppingBack(_rig.Time);
        var run = await _rig.Session(time: clock).RunAsync(RunRig.Id, RunRig.Book(_rig.Step("a", RecoveryPhase.Assess, (_, _) => Task.FromResult(clock.Back = TimeSpan.FromHours(1)))), RunRig.Token);

        Assert.Equal("ClockWentBack", Assert.Single(run.Findings).Code);
        Assert.Equal(TimeSpan.Zero, run.Steps[0].Duration);
    }

    [Fact]
    public async Task Secrets_are_in_no_record_no_message_and_nothing_that_is_shown()
    {
        _rig.Redactor.Add(Secret);
        var said = $"login failed for root:{Secret} at https://x/?p={Uri.EscapeDataString(Secret)} ({Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret))})";
        var error = await Assert.ThrowsAsync<RunUndoFailedException>(() => _rig.RunAsync(
            _rig.Step("a", RecoveryPhase.Stop, async (context, token) =>
            {
                context.Report(said);
                await context.FindAsync(RecoverySeverity.Warning, "Code", said, token);
                await context.RecordAsync("fact", new { Deep = new[] { said } }, token);
                context.Text = said;
            }),
            _rig.Step("b", RecoveryPhase.Start, (_, _) => throw new Talkative(said), (_, _) => throw new Talkative(said))));

        string[] all = [File.ReadAllText(_rig.Journal), error.Message, .. _rig.Shown, .. _rig.Results.Select(result => result.ToString()), JsonSerializer.Serialize(error.Run)];
        Assert.All(all, text =>
        {
            Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
            Assert.DoesNotContain("correct-horse", text, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)), text, StringComparison.Ordinal);
        });
        Assert.Contains("login failed for root:***", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_that_nothing_came_of_is_told_without_secrets_too()
    {
        _rig.Redactor.Add(Secret);

        var error = await Assert.ThrowsAsync<RunUndoneException>(() => _rig.RunAsync(_rig.Step("a", RecoveryPhase.Assess, (_, _) => throw new Talkative("no: " + Secret))));

        Assert.DoesNotContain(Secret, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_that_is_a_word_of_the_plan_does_not_spoil_the_run()
    {
        foreach (var word in new[] { "prod", "Fact", "step", "true", "2026", "stop-a" })
        {
            _rig.Redactor.Add(word);
        }

        await Assert.ThrowsAsync<RunFailedException>(() => _rig.RunAsync(
            _rig.Step("stop-a", RecoveryPhase.Stop, (context, token) => context.RecordAsync("prod", "true", token)), _rig.Step("admit", RecoveryPhase.Switch, (_, _) => throw new Unlucky(FailureKind.Refused))));
        var run = await _rig.ResumeAsync(_rig.Step("stop-a", RecoveryPhase.Stop), _rig.Step("admit", RecoveryPhase.Switch));

        Assert.Equal((RunResult.Healthy, "prod", "true"), (run.Result, run.Target, run.Facts["prod"].GetString()));
    }

    private JournalWriter Open()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_rig.Journal)!);
        return JournalWriter.Open(_rig.Folder, RunRig.Id, null, _rig.Redactor, _rig.Time);
    }

    private sealed class SteppingBack(TimeProvider inner) : TimeProvider
    {
        public TimeSpan Back { get; set; }

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() - Back;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);
    }

    private sealed class Talkative(string said) : RecoveryException(FailureKind.Refused, null, said, null);
}
