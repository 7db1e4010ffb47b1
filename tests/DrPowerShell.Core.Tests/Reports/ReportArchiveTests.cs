using System.Text.Json;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Reports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Checking;
using DrPowerShell.Core.Repositories.Collecting;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Runbooks.Errors;
using DrPowerShell.Core.Tests.Repositories;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Reports;

/// <summary>Each run leaves a report beside its journal and, with its record, in the repository; and is no worse where it cannot.</summary>
public sealed class ReportArchiveTests : IAsyncDisposable
{
    private readonly TempFolder _temp = new("archive");
    private readonly MemoryBlobStore _store = new(TimeProvider.System);
    private readonly string _id = RunFolder.NewId("restore", DateTimeOffset.UtcNow);

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _temp.Dispose();
    }

    [Fact]
    public async Task A_run_that_ended_well_leaves_its_report_beside_the_journal_and_in_the_repository()
    {
        var run = await RunAsync(StoredBackups.Over(_store));

        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.Equal(_temp["runs", _id, "report.html"], run.Report);
        Assert.Empty(run.Findings);
        var html = await File.ReadAllTextAsync(run.Report!, Token);
        Assert.Contains("<html lang=\"en-US\">", html, StringComparison.Ordinal);
        Assert.Contains(run.JournalHead, html, StringComparison.Ordinal);
        Assert.Contains("sealed: nothing can follow unseen", html, StringComparison.Ordinal);
        Assert.Equal(html, System.Text.Encoding.UTF8.GetString(_store[$".runs/{_id}/report.html"]));
        using var record = JsonDocument.Parse(_store[$".runs/{_id}/run.json"]);
        Assert.Equal((run.Id, "Healthy", run.JournalHead), (record.RootElement.GetProperty("run").GetString(), record.RootElement.GetProperty("result").GetString(),
            record.RootElement.GetProperty("journal").GetProperty("head").GetString()));
        Assert.Equal(run.Report, RunSession.Read(_temp["runs"], _id).Report);
    }

    [Fact]
    public async Task What_lies_beside_a_journal_in_the_repository_is_neither_taken_for_a_record_nor_for_an_orphan()
    {
        var run = await RunAsync(StoredBackups.Over(_store));
        var repository = StoredBackups.Over(_store);

        var lines = await JournalReader.FetchAsync(_store, _id, Token);
        Assert.Equal(await File.ReadAllBytesAsync(run.Journal, Token), JournalReader.ToFile(lines));
        Assert.Equal([_id], await JournalReader.ListAsync(_store, Token));
        Assert.Empty(await LeftoversAsync(repository));
        var check = await new RepositoryCheck(repository).RunAsync(new RepositoryCheckOptions(), null, Token);
        Assert.Equal(["NoBackups"], check.Findings.Select(finding => finding.Code));
        Assert.Equal(lines.Count + 2, _store.Names.Count);
    }

    [Fact]
    public async Task A_run_that_failed_names_its_report_in_the_error()
    {
        var error = await Assert.ThrowsAsync<RunFailedException>(() => RunAsync(StoredBackups.Over(_store), new Step(fails: true) { Id = "verify", Phase = RecoveryPhase.Verify, Title = "verify" }));

        Assert.Equal(_temp["runs", _id, "report.html"], error.Run.Report);
        Assert.Contains("FAILED, and nothing was taken back", await File.ReadAllTextAsync(error.Run.Report!, Token), StringComparison.Ordinal);
        Assert.Contains("Failed", System.Text.Encoding.UTF8.GetString(_store[$".runs/{_id}/run.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_that_refuses_the_report_makes_a_finding_and_no_failure()
    {
        var store = new FaultyBlobStore(_store)
        {
            Before = (call, name) => _ = call == "begin" && name.EndsWith("run.json", StringComparison.Ordinal) ? throw new StoreFullException(_store.Location, "0 bytes are left.") : 0,
        };

        var run = await RunAsync(StoredBackups.Over(store));

        Assert.Equal(RunResult.Healthy, run.Result);
        var finding = Assert.Single(run.Findings);
        Assert.Equal(("ReportNotArchived", RecoverySeverity.Warning), (finding.Code, finding.Severity));
        Assert.Contains(run.Report!, finding.Text, StringComparison.Ordinal);
        Assert.True(run.IsSealed);
    }

    [Fact]
    public async Task A_folder_that_takes_no_report_makes_a_finding_and_no_failure()
    {
        Directory.CreateDirectory(_temp["runs", _id, "report.html"]);

        var run = await RunAsync(null);

        Assert.Equal((RunResult.Healthy, true, null), (run.Result, run.IsSealed, run.Report));
        Assert.Equal("ReportNotWritten", Assert.Single(run.Findings).Code);
    }

    [Theory]
    [InlineData(".runs/r/000001.json", true)]
    [InlineData(".runs/r/1000000.json", true)]
    [InlineData(".runs/r/run.json", false)]
    [InlineData(".runs/r/report.html", false)]
    [InlineData(".runs/r/00001.json", false)]
    [InlineData(".runs/r/000001.json.bak", false)]
    [InlineData("prod/000001.json", false)]
    public void Only_numbers_name_records(string name, bool isRecord) => Assert.Equal(isRecord, BackupNames.IsJournalRecord(name));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<List<CollectedObject>> LeftoversAsync(SnapshotRepository repository)
    {
        var found = new List<CollectedObject>();
        await foreach (var leftover in new RepositoryCollector(repository).FindAsync(DateTimeOffset.UtcNow.AddDays(30), Token))
        {
            found.Add(leftover);
        }

        return found;
    }

    private Task<RecoveryRun> RunAsync(SnapshotRepository? repository, params RunbookStep[] more)
    {
        RunbookStep[] steps =
        [
            new Step { Id = "look", Phase = RecoveryPhase.Assess, Title = "look" },
            new Step { Id = "admit", Phase = RecoveryPhase.Switch, Title = "let clients in", LetsClientsIn = true, IsChange = true },
            .. more,
        ];
        var runbook = new Runbook { Kind = "restore", Target = "prod", Plan = RunFacts.ToJson(new { }), Digest = new string('0', 64), Steps = steps };
        return new RunSession(new RunKeeping { Folder = _temp["runs"], Repository = repository }, new Silence()).RunAsync(_id, runbook, Token);
    }

    private sealed class Step(bool fails = false) : RunbookStep
    {
        protected internal override Task RunAsync(StepContext context, CancellationToken cancellationToken) =>
            fails ? throw new StepTimedOutException(Id, Host, TimeSpan.FromSeconds(5)) : Task.CompletedTask;
    }

    private sealed class Silence : IRunObserver
    {
        public void Began(RunbookStep step, int number, bool isUndo)
        {
        }

        public void Progressed(RunbookStep step, string text, double? fraction)
        {
        }

        public void Ended(RecoveryStepResult result)
        {
        }
    }
}
