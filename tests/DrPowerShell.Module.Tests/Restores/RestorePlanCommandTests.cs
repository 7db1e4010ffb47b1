using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Xunit;

namespace DrPowerShell.Module.Tests.Restores;

/// <summary>Plan files at the prompt, against real members: what they would do, what they do, and what the business says to it.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RestorePlanCommandTests
{
    private const string Restore = "RestoreEtcdClusterCommand";

    [Fact]
    public async Task A_plan_changes_nothing_and_lists_the_very_steps_that_the_run_then_journals()
    {
        await using var scene = await RestoreScene.StartAsync(3);
        using var open = new TcpListener(IPAddress.Loopback, 0);
        open.Start();
        await scene.Cluster.KillAsync();
        Directory.Delete(scene.Cluster.Data("m1"), recursive: true);
        scene.Write("check.ps1", "param([Parameter(Mandatory)] [int] $Number, [datetime] $Since) if ($Number -isnot [int] -or $Since.Year -ne 2026) { throw 'not typed' }; \"number $($Number + 1)\"");
        scene.Write("plan.yaml", $$"""
            cluster: prod
            source: { file: s.db }
            acceptDataLoss: 1d
            checks:
              - { name: port, type: tcp, host: 127.0.0.1, port: {{((IPEndPoint)open.LocalEndpoint).Port}} }
              - { name: key, type: etcd-key, key: /a, pattern: '^one$' }
              - { name: all, type: kubernetes-count, resource: none, atLeast: 0 }
              - { name: host, type: command, host: m2-host, command: echo hello, pattern: hello }
              - { name: own script, type: script, script: check.ps1, parameters: { Number: 6, Since: '2026-11-22' }, pattern: '^number 7$' }
            """);
        scene.Run("Get-RecoveryPlan -Plan $f/plan.yaml").Succeed(); // the state folder and its like are there now
        var before = scene.Tree();

        var planned = scene.Run("Get-RecoveryPlan -Plan $f/plan.yaml -MeasureImpact").Succeed();
        Assert.Equal(before, scene.Tree());
        var whatIf = scene.Run("Restore-EtcdCluster -Plan $f/plan.yaml -WhatIf").Succeed();
        Assert.Empty(whatIf.Output);
        Assert.Equal(before, scene.Tree());

        var run = scene.Run("Restore-EtcdCluster -Plan $f/plan.yaml -Confirm:$false").One;

        Assert.Equal("Healthy", run.Result.ToString());
        static string Line(dynamic step) => $"{step.Number} {step.Id} {step.Phase} {step.Host} {step.Step}";
        Assert.Equal(planned.Output.Select(step => Line(step)), ((IEnumerable<object>)run.Steps).Select(step => Line(step)));
        Assert.All((IEnumerable<dynamic>)run.Steps, step => Assert.Equal("Succeeded", step.Outcome.ToString()));
        AssertJournaled(planned.Output.Select(step => (string)step.Properties["Id"].Value), (string)run.Journal);
        foreach (var name in new[] { "port", "key", "all", "host", "own script" })
        {
            Assert.True(run.Facts["check." + name].GetProperty("passed").GetBoolean(), name);
        }

        Assert.Contains("one", (await scene.Cluster.EtcdctlAsync("get", "/a")).ThrowIfFailed().Output, StringComparison.Ordinal);

        // The next plan knows how long this one took, and says so.
        await scene.Cluster.KillAsync();
        var again = scene.Run("Get-RecoveryPlan -Plan $f/plan.yaml -Verbose").Succeed();
        Assert.Contains(again.Verbose, line => line.Contains("1 earlier restores", StringComparison.Ordinal));
        Assert.All(again.Output, step => Assert.Equal(1, step.Properties["EarlierRuns"].Value));
    }

    [Fact]
    public async Task A_check_that_does_not_pass_fails_the_run_after_the_point_of_no_return_and_says_what_the_business_misses()
    {
        await using var scene = await RestoreScene.StartAsync(1);
        await scene.Cluster.KillAsync();
        scene.Write("hangs.ps1", "while ($true) { [System.Threading.Thread]::Sleep(50) }");
        scene.Write("plan.yaml", """
            cluster: prod
            source: { file: s.db }
            acceptDataLoss: 1d
            checks:
              - { name: orders, type: script, script: hangs.ps1, timeout: 1s, deadline: 2s, interval: 1s }
            """);

        var result = scene.Run("Restore-EtcdCluster -Plan $f/plan.yaml -OutageStart ([DateTime]::Now).AddHours(-3) -Confirm:$false");

        var record = result.FailsWith("RunFailed", Restore, ErrorCategory.InvalidOperation);
        Assert.Contains("'orders' did not pass: no answer within", record.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("nothing was undone", record.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("one", (await scene.Cluster.EtcdctlAsync("get", "/a")).ThrowIfFailed().Output, StringComparison.Ordinal);
        Assert.Contains(result.Progress, bar => System.Text.RegularExpressions.Regex.IsMatch(bar.StatusDescription, @"^Verify, step (\d+) of \d+, \S+: .*  elapsed 3h 00m"));
        // The session itself is as it was.
        Assert.Equal(3, scene.Run("1 + 2").One);
    }

    [Fact]
    public async Task What_is_given_beside_a_plan_wins_over_it_and_its_mistakes_are_told_at_once()
    {
        await using var scene = await RestoreScene.StartAsync(1);
        scene.Write("plan.yaml", "cluster: prod\nsource: { file: nowhere.db }\nbumpRevision: 7\ntoken: planned\n");
        scene.Run("Get-RecoveryPlan -Plan $f/plan.yaml").FailsWith("SnapshotFileNotFound", "GetRecoveryPlanCommand", ErrorCategory.ObjectNotFound);
        scene.Run("$s = Get-EtcdSnapshot $f/s.db; Get-RecoveryPlan -Plan $f/plan.yaml -Snapshot $s").FailsWith("ClusterHasQuorum", "GetRecoveryPlanCommand", ErrorCategory.InvalidOperation);
        Assert.NotEmpty(scene.Run("Get-RecoveryPlan -Plan $f/plan.yaml -Snapshot $s -AcceptDataLoss 1d -BumpRevision Auto").Succeed().Output);

        scene.Write("plan.yaml", "cluster: pro\nsource: { latest: true, file: s.db }\ncheks: []\n");
        var wrong = scene.Run("Get-RecoveryPlan -Plan $f/plan.yaml").FailsWith("RestorePlanNotValid", "GetRecoveryPlanCommand", ErrorCategory.InvalidData);
        Assert.Contains("has 3 mistakes", wrong.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("did you mean checks?", wrong.Exception.Message, StringComparison.Ordinal);
        scene.Run("Get-RecoveryPlan -Plan $f/none.yaml").FailsWith("RestorePlanNotFound", "GetRecoveryPlanCommand", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public async Task A_loss_is_written_as_people_write_it_and_anything_else_is_told_what_is_taken()
    {
        await using var scene = await RestoreScene.StartAsync(1);
        foreach (var written in new[] { "1d", "26h30m", "'1d 2h'", "1w", "1.02:00:00", "02:05:00", "90000", "([timespan]::new(26, 0, 0))" })
        {
            Assert.NotEmpty(scene.Run($"Get-RecoveryPlan prod -Snapshot $f/s.db -AcceptDataLoss {written}").Succeed().Output);
        }

        foreach (var wrong in new[] { "2hours", "'5 minutes'", "-1", "-02:00:00", "''", "1e300", "2h05" })
        {
            var error = scene.Run($"Get-RecoveryPlan prod -Snapshot $f/s.db -AcceptDataLoss {wrong}").Terminating;
            Assert.Contains("AcceptDataLoss", Assert.IsAssignableFrom<ParameterBindingException>(error).Message, StringComparison.Ordinal);
            Assert.Contains("such as 2h05m, 90s, 500ms, 1d or 2w, or as 02:05:00; a plain number is seconds", error!.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_snapshot_is_named_by_its_path_as_the_session_sees_it()
    {
        await using var scene = await RestoreScene.StartAsync(1);
        foreach (var written in new[] { "$f/s.db", "./s.db", "s.db", "([IO.FileInfo]::new(\"$f/s.db\"))" })
        {
            Assert.NotEmpty(scene.Run($"$null = $ExecutionContext.SessionState.Path.SetLocation($f); Get-RecoveryPlan prod -Snapshot {written} -AcceptDataLoss 1d").Succeed().Output);
        }

        scene.Run("Get-RecoveryPlan prod -Snapshot ./other.db").FailsWith("SnapshotFileNotFound", "GetRecoveryPlanCommand", ErrorCategory.ObjectNotFound);
        Assert.Contains("No file matches", scene.Run("Get-RecoveryPlan prod -Snapshot nowhere:/s.db").Terminating!.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    // By the file itself: every planned step was begun, and finished once, and none was taken back.
    private static void AssertJournaled(IEnumerable<string> planned, string journal)
    {
        var records = File.ReadLines(journal).Select(line => JsonNode.Parse(line)!).ToList();
        var ids = planned.Order(StringComparer.Ordinal).ToList();
        Assert.Equal(ids, Steps("StepBegun").Distinct(StringComparer.Ordinal));
        Assert.Equal(ids, Steps("StepFinished"));
        Assert.Empty(Steps("UndoBegun"));

        IEnumerable<string> Steps(string kind) =>
            records.Where(record => (string?)record["kind"] == kind).Select(record => (string)record["step"]!).Order(StringComparer.Ordinal);
    }
}
