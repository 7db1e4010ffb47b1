using System.Text.Json;
using DrPowerShell.Core.Approvals;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Notifications;
using DrPowerShell.Core.Reports;
using DrPowerShell.Core.Reports.Writers;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Runbooks.Errors;
using DrPowerShell.Core.Tests.Approvals;
using DrPowerShell.Core.Tests.Runbooks;
using DrPowerShell.Testing.Notifications;
using Xunit;

namespace DrPowerShell.Core.Tests.Notifications;

/// <summary>Whole runs with a real journal, and what a real HTTP server hears of them.</summary>
public sealed class RunNoticeTests : IDisposable
{
    private readonly RunRig _rig = new();
    private readonly PostServer _server = new();

    private string Hook => _server.At($"/services/{SampleNotices.Token}").ToString();

    private IReadOnlyList<JsonElement> Heard => [.. _server.Posts.Select(post => JsonDocument.Parse(post.Body).RootElement)];

    public void Dispose()
    {
        _server.Dispose();
        _rig.Dispose();
    }

    [Fact]
    public async Task Begin_and_end_are_told_with_what_came_of_it()
    {
        var run = await Session().RunAsync(RunRig.Id, RunRig.Book(_rig.Step("stop-a", RecoveryPhase.Stop), _rig.Step("switch-a", RecoveryPhase.Switch)), RunRig.Token);

        Assert.Equal(["run-begun", "run-ended"], Events());
        var (begun, ended) = (Heard[0], Heard[1]);
        Assert.Equal(RunRig.Id, Text(begun, "run"));
        Assert.Equal(RunSession.Here, Text(begun, "operator"));
        Assert.Contains("2 steps, on a.", Text(begun, "text"), StringComparison.Ordinal);
        Assert.Contains("names nobody who must approve", Text(begun, "text"), StringComparison.Ordinal);
        Assert.Equal(("Healthy", "Restore of prod: healthy", "00:30:00"), (Text(ended, "result"), Text(ended, "title"), Text(ended, "rtoTarget")));
        Assert.Contains("at most 30 min: met.", Text(ended, "text"), StringComparison.Ordinal);
        Assert.True(run.IsSealed);
        Assert.Empty(run.Findings);
    }

    [Fact]
    public async Task Broken_glass_is_told_large_and_before_anything_is_changed()
    {
        List<string> done = [];
        _server.Answer = (post, _) =>
        {
            if (post.Body.Contains("break-glass", StringComparison.Ordinal))
            {
                done = [.. _rig.Did];
            }

            return (200, TimeSpan.Zero);
        };
        var run = await Session().RunAsync(RunRig.Id, Glass(), RunRig.Token);

        Assert.Equal(["run-begun", "break-glass", "run-ended"], Events());
        Assert.Empty(done);
        var notice = Heard[1];
        Assert.Equal("BREAK GLASS: RESTORE OF PROD GOES AHEAD WITHOUT APPROVAL", Text(notice, "title"));
        Assert.Equal(("alice cannot be reached, INC-4711", "alice cannot be reached, INC-4711"), (Text(notice, "reason"), Text(notice, "breakGlass")));
        Assert.All(
            [$"OPERATOR: {RunSession.Here}", "REASON: alice cannot be reached, INC-4711", "NOT APPROVED: restore of prod from", "143 keys lost", "1 of alice, bob had to approve it", "MUST LOOK AT IT NOW"],
            expected => Assert.Contains(expected, Text(notice, "text"), StringComparison.Ordinal));
        Assert.Contains("NONE, the glass is to be broken: alice", Text(Heard[0], "text"), StringComparison.Ordinal);
        Assert.Contains("BREAK GLASS, WITHOUT APPROVAL: alice", Text(Heard[2], "text"), StringComparison.Ordinal);

        var record = Assert.Single(_rig.Records, record => record.Kind == JournalRecordKind.Approval);
        Assert.Equal("BREAK GLASS, WITHOUT APPROVAL: alice cannot be reached, INC-4711", record.Text);
        Assert.Contains("143 keys lost", JournalData.Read(record, JournalJson.Default.ApprovalUsed).NotApproved, StringComparison.Ordinal);
        Assert.Equal("alice cannot be reached, INC-4711", run.BreakGlass);
    }

    [Fact]
    public async Task A_server_that_is_not_there_stops_nothing_and_stands_in_run_journal_and_report_without_its_address()
    {
        var hook = Hook;
        _server.Dispose();

        var run = await Session(hook, "attempts: 1").RunAsync(RunRig.Id, Glass(), RunRig.Token);

        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.True(run.IsSealed);
        var findings = run.Findings.Where(finding => finding.Code == "NotifierNotReached").ToList();
        Assert.Equal(["break-glass", "run-begun", "run-ended"], findings.Select(finding => finding.Text.Split(" was not reached for ")[1].Split(':')[0]).Order(StringComparer.Ordinal));
        Assert.All(findings, finding => Assert.Equal(RecoverySeverity.Warning, finding.Severity));
        var report = System.Text.Encoding.UTF8.GetString(ReportFile.Bytes(ReportMaker.Make(run), new MarkdownReportWriter(), ReportCulture.English));
        Assert.Contains("The notifier 'hook' was not reached for break-glass", report, StringComparison.Ordinal);
        Assert.DoesNotContain(SampleNotices.Token, report + await File.ReadAllTextAsync(_rig.Journal, RunRig.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_hangs_delays_a_run_by_no_more_than_the_deadline()
    {
        _server.Answer = (_, _) => (200, TimeSpan.FromMinutes(5));
        var clock = System.Diagnostics.Stopwatch.StartNew();

        var run = await Session(more: "timeout: 1s, attempts: 1").RunAsync(RunRig.Id, Glass(), RunRig.Token);

        Assert.Equal(3, run.Findings.Count(finding => finding.Code == "NotifierNotReached"));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"{clock.Elapsed}");
    }

    [Fact]
    public async Task A_run_that_is_taken_back_by_itself_and_one_that_cannot_be_are_told_apart()
    {
        var failing = _rig.Step("start-a", RecoveryPhase.Start, (_, _) => throw new IOException("the disk is gone"));
        await Assert.ThrowsAsync<RunUndoneException>(() => Session().RunAsync(RunRig.Id, RunRig.Book(_rig.Step("stop-a", RecoveryPhase.Stop), failing), RunRig.Token));
        Assert.Equal(["run-begun", "run-ended"], Events());
        Assert.Equal("Undone", Text(Heard[1], "result"));
        Assert.Contains("It failed at 'do start-a' on a: IOException: the disk is gone", Text(Heard[1], "text"), StringComparison.Ordinal);

        var stuck = _rig.Step("stop-a", RecoveryPhase.Stop, back: (_, _) => throw new IOException("it does not start"));
        await Assert.ThrowsAsync<RunUndoFailedException>(() => Session().RunAsync("restore-2", RunRig.Book(stuck, failing), RunRig.Token));
        Assert.Equal(["run-begun", "needs-person"], Events().Skip(2));
        Assert.Equal("NEEDS A PERSON: Restore of prod: FAILED, and so did a part of taking it back", Text(Heard[3], "title"));
        Assert.Contains("Undo-RecoveryRun restore-2", Text(Heard[3], "text"), StringComparison.Ordinal);

        await Session().UndoAsync("restore-2", _ => RunRig.Book(_rig.Step("stop-a", RecoveryPhase.Stop), failing), RunRig.Token);
        Assert.Equal(["run-begun", "undo-ended"], Events().Skip(4));
        Assert.Contains("is being taken back by", Text(Heard[4], "title"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_failed_with_clients_in_needs_a_person_and_is_told_again_when_it_goes_on()
    {
        var fails = true;
        var check = _rig.Step("check-a", RecoveryPhase.Verify, (_, _) => fails ? throw new IOException("no order") : Task.CompletedTask);
        var book = RunRig.Book(_rig.Step("switch-a", RecoveryPhase.Switch), check);
        await Assert.ThrowsAsync<RunFailedException>(() => Session().RunAsync(RunRig.Id, book, RunRig.Token));
        fails = false;
        await Session().ResumeAsync(RunRig.Id, _ => book, RunRig.Token);

        Assert.Equal(["run-begun", "needs-person", "run-begun", "run-ended"], Events());
        Assert.Contains($"Resume-RecoveryRun {RunRig.Id}", Text(Heard[1], "text"), StringComparison.Ordinal);
        Assert.Contains("is gone on with by", Text(Heard[2], "title"), StringComparison.Ordinal);
        Assert.Equal("Healthy", Text(Heard[3], "result"));
    }

    [Fact]
    public async Task A_run_that_is_left_without_an_end_needs_a_person()
    {
        // The journal cannot be written any more, at its very end.
        var last = _rig.Step("record", RecoveryPhase.Record, (_, _) =>
        {
            Directory.Move(Path.GetDirectoryName(_rig.Journal)!, _rig.Path("moved"));
            return Task.CompletedTask;
        });
        await Assert.ThrowsAnyAsync<Exception>(() => Session().RunAsync(RunRig.Id, RunRig.Book(_rig.Step("stop-a", RecoveryPhase.Stop), last), RunRig.Token));

        Assert.Equal(["run-begun", "needs-person"], Events());
        Assert.Equal("Interrupted", Text(Heard[1], "result"));
    }

    private Runbook Glass()
    {
        using var people = new Approvers();
        var approve = new ApproveStep(people.Policy(1, "alice", "bob"), () => Approvers.Plan(), _ => Approvers.Impact, _rig.Path("state")) { BreakGlass = "alice cannot be reached, INC-4711" };
        return RunRig.Book(approve, _rig.Step("stop-a", RecoveryPhase.Stop), _rig.Step("switch-a", RecoveryPhase.Switch));
    }

    private RunSession Session(string? hook = null, string? more = null)
    {
        var section = $"{{ type: webhook, secretUrl: 'env:HOOK'{(more is null ? "" : ", " + more)} }}";
        var (estate, mistakes) = Configuration.EstateText.Bind($"notifiers: {{ hook: {section} }}\nclusters: {{ prod: {{ endpoints: [http://h], notify: [hook] }} }}");
        Assert.Empty(mistakes);
        var notifiers = estate.NotifiersOf("prod", new Core.Secrets.NotedSecrets(new Hooked(hook ?? Hook), _rig.Redactor));
        return new RunSession(new RunKeeping { Folder = _rig.Folder, Redactor = _rig.Redactor, Notices = new NoticeSender(notifiers, _rig.Redactor) { Pause = TimeSpan.FromMilliseconds(20) } }, _rig, _rig.Time);
    }

    private IEnumerable<string?> Events() => Heard.Select(notice => Text(notice, "event"));

    private static string Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private sealed class Hooked(string url) : Core.Ports.ISecretSource
    {
        public string Read(Core.Secrets.SecretReference reference) => url;
    }
}
