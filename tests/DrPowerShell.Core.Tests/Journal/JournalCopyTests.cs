using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Journal.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Runbooks.Errors;
using DrPowerShell.Core.Tests.Repositories;
using DrPowerShell.Core.Tests.Runbooks;
using DrPowerShell.Etcd.Errors;
using Xunit;

namespace DrPowerShell.Core.Tests.Journal;

/// <summary>The copy of a journal in a repository: whole when it answers, never in the way when it does not, and where another machine goes on from.</summary>
public sealed class JournalCopyTests : IDisposable
{
    private const string Folder = ".runs/" + RunRig.Id + "/";

    private readonly RunRig _rig = new();
    private readonly MemoryBlobStore _memory;
    private readonly FaultyBlobStore _store;

    public JournalCopyTests()
    {
        _memory = new MemoryBlobStore(_rig.Time);
        _store = new FaultyBlobStore(_memory);
    }

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Every_record_is_an_object_and_together_they_are_the_journal()
    {
        var run = await RunAsync(_rig.Step("a", RecoveryPhase.Assess), _rig.Step("b", RecoveryPhase.Stop));

        Assert.False(run.IsLocalOnly);
        var copy = await JournalReader.FetchAsync(_memory, RunRig.Id, RunRig.Token);
        Assert.Equal(await File.ReadAllBytesAsync(_rig.Journal, RunRig.Token), JournalReader.ToFile(copy));
        Assert.Equal(Folder + "000001.json", _memory.Names[0]);
        Assert.Equal([RunRig.Id], await JournalReader.ListAsync(_memory, RunRig.Token));
    }

    [Fact]
    public async Task A_store_that_does_not_answer_leaves_a_run_that_says_so()
    {
        _store.Before = (_, _) => throw new Unlucky(FailureKind.Unreachable);

        var run = await RunAsync(_rig.Step("a", RecoveryPhase.Assess), _rig.Step("admit", RecoveryPhase.Switch));

        Assert.Equal((RunResult.Healthy, true, true), (run.Result, run.IsSealed, run.IsLocalOnly));
        Assert.Contains(run.Findings, finding => finding.Code == "JournalLocalOnly");
        Assert.True(RunSession.Read(_rig.Folder, RunRig.Id).IsLocalOnly);
        Assert.Empty(_memory.Names);
    }

    [Fact]
    public async Task It_is_complete_once_the_store_answers_again()
    {
        var isDown = true;
        _store.Before = (_, _) =>
        {
            if (isDown)
            {
                throw new Unlucky(FailureKind.Unreachable);
            }
        };

        var run = await RunAsync(_rig.Step("a", RecoveryPhase.Assess), _rig.Step("b", RecoveryPhase.Stop, (_, _) => Task.FromResult(isDown = false)));

        Assert.False(run.IsLocalOnly);
        Assert.Equal(_rig.Records.Count, _memory.Names.Count(BackupNames.IsJournalRecord));
    }

    [Fact]
    public async Task After_the_end_a_resume_stores_what_is_missing_and_changes_nothing_else()
    {
        _store.Before = (_, _) => throw new Unlucky(FailureKind.Unreachable);
        await RunAsync(_rig.Step("a", RecoveryPhase.Assess));
        var before = await File.ReadAllBytesAsync(_rig.Journal, RunRig.Token);
        _store.Before = (_, _) => { };

        var run = await Session(locks: Lock).ResumeAsync(RunRig.Id, _ => throw new InvalidOperationException("Nothing is to be done."), RunRig.Token);

        Assert.True(run.IsSealed);
        Assert.Equal(before, JournalReader.ToFile(await JournalReader.FetchAsync(_memory, RunRig.Id, RunRig.Token)));
        Assert.Equal(before, await File.ReadAllBytesAsync(_rig.Journal, RunRig.Token));
        Assert.NotNull(await _memory.GetRetentionAsync(_memory.Names.Last(BackupNames.IsJournalRecord), RunRig.Token));
        Assert.Equal([Folder + "report.html", Folder + "run.json"], _memory.Names.Where(name => !BackupNames.IsJournalRecord(name)));
        await Assert.ThrowsAsync<RunNotResumableException>(() => Session().ResumeAsync(RunRig.Id, _ => RunRig.Book(), RunRig.Token));
    }

    [Fact]
    public async Task A_store_that_answers_late_holds_nothing_up_for_longer_than_its_deadline()
    {
        var run = _rig.LetTimePassAsync(Session(new SlowStore(_memory)).RunAsync(RunRig.Id, RunRig.Book(_rig.Step("a", RecoveryPhase.Assess), _rig.Step("admit", RecoveryPhase.Switch)), RunRig.Token));

        Assert.Equal((RunResult.Healthy, true), ((await run).Result, (await run).IsLocalOnly));
    }

    [Fact]
    public async Task An_answer_that_was_lost_does_no_harm()
    {
        var calls = 0;
        _store.Before = (act, _) =>
        {
            // It has been stored, and nobody was told.
            if (act == "complete" && calls++ % 2 == 0)
            {
                throw new Unlucky(FailureKind.Timeout);
            }
        };

        var run = await RunAsync(_rig.Step("a", RecoveryPhase.Assess), _rig.Step("b", RecoveryPhase.Stop));

        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.All(JournalReader.Check(await File.ReadAllBytesAsync(_rig.Journal, RunRig.Token), Core.Repositories.Manifests.ManifestTrust.None, await JournalReader.FetchAsync(_memory, RunRig.Id, RunRig.Token)).Findings,
            finding => Assert.Equal(JournalFinding.CopyBehind, finding.Code));
    }

    [Fact]
    public async Task The_point_of_no_return_is_stored_before_clients_are_let_in()
    {
        IReadOnlyList<byte[]> seen = [];
        await RunAsync(_rig.Step("a", RecoveryPhase.Assess), _rig.Step("admit", RecoveryPhase.Switch, async (_, token) => seen = await JournalReader.FetchAsync(_memory, RunRig.Id, token)));

        Assert.Contains(seen.Select(line => JournalText.TryRead(line)!.Kind), kind => kind == JournalRecordKind.PointOfNoReturn);
    }

    [Fact]
    public async Task The_seal_is_retained_where_the_repository_locks()
    {
        var asked = new List<BlobRetention?>();
        var run = await Session(new RetentionStore(_memory, asked), Lock).RunAsync(RunRig.Id, RunRig.Book(_rig.Step("a", RecoveryPhase.Assess)), RunRig.Token);

        Assert.False(run.IsLocalOnly);
        // The seal, and after it the run's record and its report.
        Assert.All(asked.TakeLast(3), retention => Assert.Equal(new BlobRetention(BlobLockMode.Compliance, _rig.Time.GetUtcNow().AddDays(30)), retention));
        Assert.All(asked.SkipLast(3), Assert.Null);
    }

    [Fact]
    public async Task Another_machine_fetches_the_journal_and_goes_on()
    {
        await Assert.ThrowsAsync<RunFailedException>(() => RunAsync(_rig.Step("a", RecoveryPhase.Stop), _rig.Step("admit", RecoveryPhase.Switch, (_, _) => throw new Unlucky(FailureKind.Refused))));
        _rig.Did.Clear();
        var elsewhere = _rig.Path("elsewhere");

        var run = await Session(folder: elsewhere).ResumeAsync(RunRig.Id, _ => RunRig.Book(_rig.Step("a", RecoveryPhase.Stop), _rig.Step("admit", RecoveryPhase.Switch)), RunRig.Token);

        Assert.Equal(["admit"], _rig.Did);
        Assert.Equal((RunResult.Healthy, true), (run.Result, run.IsSealed));
        Assert.Equal(RunSession.Here, Assert.Single(run.ResumedBy).Split(' ')[^1]);

        // The first machine learns of it, and does not go on with what has ended.
        await Assert.ThrowsAsync<RunNotResumableException>(() => Session().ResumeAsync(RunRig.Id, _ => RunRig.Book(), RunRig.Token));
        Assert.Equal(File.ReadAllBytes(RunFolder.Journal(elsewhere, RunRig.Id)), File.ReadAllBytes(_rig.Journal));
    }

    [Fact]
    public async Task Two_machines_that_went_on_with_one_run_are_told_apart()
    {
        await Assert.ThrowsAsync<RunFailedException>(() => RunAsync(_rig.Step("admit", RecoveryPhase.Switch, (_, _) => throw new Unlucky(FailureKind.Refused))));
        await Session(folder: _rig.Path("elsewhere")).ResumeAsync(RunRig.Id, _ => RunRig.Book(_rig.Step("admit", RecoveryPhase.Switch)), RunRig.Token);

        // Without the repository it does not know, and with it the fork is seen before anything is done.
        await Assert.ThrowsAsync<RunFailedException>(() => _rig.ResumeAsync(_rig.Step("admit", RecoveryPhase.Switch, (_, _) => throw new Unlucky(FailureKind.Refused))));
        _rig.Did.Clear();
        var forked = await Assert.ThrowsAsync<JournalForkedException>(() => Session().ResumeAsync(RunRig.Id, _ => RunRig.Book(_rig.Step("admit", RecoveryPhase.Switch)), RunRig.Token));

        Assert.Contains("offsite", forked.Message, StringComparison.Ordinal);
        Assert.Empty(_rig.Did);
    }

    [Fact]
    public async Task A_process_whose_run_another_one_goes_on_with_stops_and_undoes_nothing()
    {
        var run = Session().RunAsync(
            RunRig.Id,
            RunRig.Book(
                _rig.Step("stop-a", RecoveryPhase.Stop, async (_, token) =>
                {
                    // The records before this one are stored; then another machine writes the next.
                    await Testing.Eventually.IsTrueAsync(() => _memory.Names.Count == 2, "they are stored", cancellationToken: token);
                    _memory[Folder + "000003.json"] = "{}"u8.ToArray();
                }),
                _rig.Step("x-a", RecoveryPhase.Restore, async (context, token) =>
                {
                    for (var i = 0; i < 100_000; i++)
                    {
                        // Told as soon as the store has said that it holds another record.
                        await context.RecordAsync("again", i, token);
                        await Task.Yield();
                    }
                })),
            RunRig.Token);

        await Assert.ThrowsAsync<JournalForkedException>(() => run);

        Assert.DoesNotContain("-stop-a", _rig.Did);
        Assert.Equal("{}"u8.ToArray(), _memory[Folder + "000003.json"]);
    }

    [Fact]
    public async Task A_run_that_nobody_knows_is_not_found()
    {
        await Assert.ThrowsAsync<RunNotFoundException>(() => Session().ResumeAsync(RunRig.Id, _ => RunRig.Book(), RunRig.Token));
        Assert.False(Directory.Exists(_rig.Folder));
    }

    private static RepositoryLockPolicy Lock => new(BlobLockMode.Compliance, 30);

    private RunSession Session(IBlobStore? store = null, RepositoryLockPolicy? locks = null, string? folder = null) => _rig.Session(RunRig.Over(store ?? _store, locks), folder: folder);

    private RunSession Session(RepositoryLockPolicy locks) => Session(null, locks);

    private Task<RecoveryRun> RunAsync(params RunbookStep[] steps) => Session().RunAsync(RunRig.Id, RunRig.Book(steps), RunRig.Token);
}
