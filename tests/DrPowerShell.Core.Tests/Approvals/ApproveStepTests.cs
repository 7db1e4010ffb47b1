using System.Text.Json;
using DrPowerShell.Core.Approvals;
using DrPowerShell.Core.Approvals.Errors;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Testing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Approvals;

/// <summary>The step in a run, with a real journal.</summary>
public sealed class ApproveStepTests : IDisposable
{
    private readonly Approvers _people = new();
    private readonly TempFolder _temp = new("approve");
    private readonly FakeTimeProvider _time = new(Approvers.Now.AddMinutes(10));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _people.Dispose();
        _temp.Dispose();
    }

    [Fact]
    public async Task An_approved_run_goes_on_and_its_journal_says_by_whom()
    {
        var (result, records) = await RunAsync("restore-1", Step(_people.Policy(1, "alice", "bob"), _people.Approved("dave", "alice")));

        Assert.Equal(RunResult.Healthy, result.Result);
        var approval = Assert.Single(records, record => record.Kind == JournalRecordKind.Approval);
        Assert.Equal(["alice"], JournalData.Read(approval, JournalJson.Default.ApprovalUsed).Approvers);
        Assert.Equal("dave", JournalData.Read(approval, JournalJson.Default.ApprovalUsed).Requester);
        Assert.Contains(records, record => record.Kind == JournalRecordKind.StepFinished && record.Text!.EndsWith("of dave, approved by alice", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_same_approval_serves_no_second_run()
    {
        var (policy, bundle) = (_people.Policy(1, "alice"), _people.Approved("dave", "alice"));
        await RunAsync("restore-1", Step(policy, bundle));

        var (second, records) = await RunAsync("restore-2", Step(policy, bundle));

        Assert.IsType<ApprovalUsedException>(second.Failure);
        Assert.DoesNotContain(records, record => record.Kind == JournalRecordKind.Approval);
    }

    [Fact]
    public async Task Where_the_repository_cannot_tell_whether_it_was_used_it_is_not_taken()
    {
        var step = new ApproveStep(_people.Policy(1, "alice"), () => Approvers.Plan(), _ => Approvers.Impact, _temp["state"])
        {
            Bundle = _people.Approved("dave", "alice"), Repository = "offsite",
        };

        var (result, _) = await RunAsync("restore-1", step);

        Assert.Contains("the repository offsite does not answer", Assert.IsType<ApprovalUseNotKnownException>(result.Failure).Message, StringComparison.Ordinal);
        Assert.Null(await ApprovalUse.FindAsync(null, _temp["state"], step.Bundle.Request.Id, Token));
    }

    [Fact]
    public async Task A_run_that_died_after_using_it_goes_on_elsewhere_without_the_file_and_after_its_time()
    {
        var (policy, bundle) = (_people.Policy(1, "alice"), _people.Approved("dave", "alice"));
        var (_, records) = await RunAsync("restore-1", Step(policy, bundle), password: "dave"); // one that is an ordinary word, and redacted
        var facts = records.Where(r => r.Kind == JournalRecordKind.Fact).ToDictionary(r => r.Text!, r => r.Data!.Value, StringComparer.Ordinal);
        _time.Advance(TimeSpan.FromDays(2));

        var (result, _) = await RunAsync("restore-1", Step(policy, bundle: null), facts);

        Assert.Equal(RunResult.Healthy, result.Result);
    }

    [Fact]
    public async Task More_than_was_approved_is_refused_by_what_was_measured_in_the_run()
    {
        var step = new ApproveStep(
            _people.Policy(1, "alice"), () => Approvers.Plan(), facts => facts.Find<ImpactFigures>("impact"), _temp["state"]) { Bundle = _people.Approved("dave", "alice") };
        var facts = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["impact"] = RunFacts.ToJson(Approvers.Impact with { KeysLost = 200 }) };

        var (result, _) = await RunAsync("restore-1", step, facts);

        Assert.Equal(["keys lost: 200, approved 143"], Assert.IsType<ImpactExceedsApprovalException>(result.Failure).Beyond);
        Assert.Null(await ApprovalUse.FindAsync(null, _temp["state"], step.Bundle.Request.Id, Token));
    }

    [Fact]
    public async Task Breaking_the_glass_goes_ahead_and_is_written_large()
    {
        var (result, records) = await RunAsync("restore-1", Step(_people.Policy(1, "alice"), bundle: null, breakGlass: "alice cannot be reached, INC-4711"));

        Assert.Equal(RunResult.Healthy, result.Result);
        Assert.Equal("alice cannot be reached, INC-4711", JournalData.Read(Assert.Single(records, r => r.Kind == JournalRecordKind.Approval), JournalJson.Default.ApprovalUsed).BreakGlass);
        var finding = JournalData.Read(Assert.Single(records, r => r.Kind == JournalRecordKind.Finding), JournalJson.Default.RecoveryFinding);
        Assert.Equal((RecoverySeverity.Warning, "BreakGlass"), (finding.Severity, finding.Code));
        Assert.Contains("INC-4711", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_policy_there_is_nothing_to_do()
    {
        var (result, records) = await RunAsync("restore-1", Step(policy: null, bundle: null));

        Assert.Equal(RunResult.Healthy, result.Result);
        Assert.DoesNotContain(records, record => record.Kind is JournalRecordKind.Approval or JournalRecordKind.Finding);
        Assert.False(Directory.Exists(_temp["state"]));
    }

    [Fact]
    public void The_plan_shows_who_must_approve()
    {
        var step = RecoveryPlanStep.Of(Step(_people.Policy(1, "alice", "bob"), bundle: null), 3);

        Assert.Equal(("approve", RecoveryPhase.Approve, "1 of 2 named approvers (not the requester)"), (step.Id, step.Phase, step.Step));
    }

    private ApproveStep Step(ApprovalSection? policy, ApprovalBundle? bundle, string? breakGlass = null) =>
        new(policy, () => Approvers.Plan(), _ => Approvers.Impact, _temp["state"]) { Bundle = bundle, BreakGlass = breakGlass };

    private async Task<(ExecutionResult Result, IReadOnlyList<JournalRecord> Records)> RunAsync(
        string run, ApproveStep step, IReadOnlyDictionary<string, JsonElement>? facts = null, string? password = null)
    {
        var folder = _temp.CreateFolder(Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(Path.Combine(folder, run));
        var redactor = new Redactor();
        redactor.Add(password);
        await using var journal = JournalWriter.Open(folder, run, store: null, redactor, _time);
        using var json = JsonDocument.Parse("{}");
        var runbook = new Runbook { Kind = "restore", Target = "prod", Plan = json.RootElement, Digest = PlanDigest.Of(json.RootElement), Steps = [step] };
        var result = await new RunbookExecutor(journal, new Silent(), _time).RunAsync(runbook, facts is null ? RunState.Fresh : new RunState { Facts = facts }, Token);
        return (result, JournalReader.Read(journal.Path));
    }

    private sealed class Silent : IRunObserver
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
