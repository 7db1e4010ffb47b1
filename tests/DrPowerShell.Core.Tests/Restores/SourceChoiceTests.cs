using System.Text;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Reports;
using DrPowerShell.Core.Reports.Writers;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores;

/// <summary>The source with the smallest loss is taken, and a worse one only by name.</summary>
public sealed class SourceChoiceTests
{
    [Theory]
    [MemberData(nameof(EtcdBinaries.Rows), MemberType = typeof(EtcdBinaries))]
    public async Task A_healthy_quorum_is_refused_with_the_member_to_bring_back_and_that_member_comes_back_while_the_others_serve(EtcdRelease release)
    {
        await using var rig = await StartedAsync(release);
        var cluster = rig.Cluster;
        await cluster.KillAsync("m2");
        Directory.Delete(cluster.Data("m2"), recursive: true);
        await Eventually.IsTrueAsync(async () => (await cluster.EtcdctlAsync("put", "/b", "two")).ExitCode == 0, "the others have a leader", TimeSpan.FromMinutes(1));

        var refused = await Assert.ThrowsAsync<ClusterHasQuorumException>(() => rig.AssessAsync(new RestoreRequest { Cluster = "prod" }));
        Assert.Contains("-Member m2", refused.RecommendedAction, StringComparison.Ordinal);
        await Assert.ThrowsAsync<DataLossNotAcceptedException>(() => rig.AssessAsync(
            new RestoreRequest { Cluster = "prod", Snapshot = SnapshotCatalog.Describe(cluster["s.db"]), AcceptDataLoss = TimeSpan.FromMilliseconds(1) }));

        var run = await rig.RestoreAsync(new RestoreRequest { Cluster = "prod", Member = "m2" });

        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.EndsWith(", HashKV equal on all", Assert.Single(run.Steps, step => step.Id == "health").Text, StringComparison.Ordinal);
        Assert.Contains(run.Steps, step => step is { Id: "promote-m2", Outcome: StepOutcome.Succeeded });
        var members = (await cluster.EtcdctlAsync("member", "list")).ThrowIfFailed().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, members.Length);
        Assert.All(members, member => Assert.Matches("started.*false$", member));
        var back = cluster.Plan.Members[1];
        Assert.Contains("two", (await cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(back.ClientUrl), "get", "/b")).ThrowIfFailed().Output, StringComparison.Ordinal);
        Assert.Contains("initial-cluster-state: existing", File.ReadAllText(cluster["m2", "etcd.yaml"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_two_of_three_members_killed_the_survivors_own_data_is_restored_and_the_run_says_what_may_be_missing()
    {
        await using var rig = await StartedAsync();
        var cluster = rig.Cluster;
        (await cluster.EtcdctlAsync("put", "/late", "after the snapshot")).ThrowIfFailed();
        var seen = await (await cluster.OpenLoadAsync()).RevisionAsync();
        await cluster.KillAsync("m1", "m3");
        Directory.Delete(cluster.Data("m1"), recursive: true);
        Directory.Delete(cluster.Data("m3"), recursive: true);

        var plan = await rig.AssessAsync(new RestoreRequest { Cluster = "prod" });
        Assert.Equal((RestoreSourceKind.Survivor, "m2"), (plan.Source!.Kind, plan.Source.Member));
        var worse = await Assert.ThrowsAsync<DataLossNotAcceptedException>(
            () => rig.AssessAsync(new RestoreRequest { Cluster = "prod", Snapshot = SnapshotCatalog.Describe(cluster["s.db"]) }));
        Assert.Contains("-AcceptDataLoss", worse.RecommendedAction, StringComparison.Ordinal);

        var run = await rig.RestoreAsync(new RestoreRequest { Cluster = "prod" });

        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.Contains("after the snapshot", (await cluster.EtcdctlAsync("get", "/late")).ThrowIfFailed().Output, StringComparison.Ordinal);
        var lack = run.Findings.Single(finding => finding.Code == "SurvivorMayLack");
        Assert.Contains(lack.Text, Encoding.UTF8.GetString(ReportFile.Bytes(ReportMaker.Make(run), new MarkdownReportWriter(), ReportCulture.English)), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.Zero, run.Loss);
        Assert.InRange(await (await cluster.OpenLoadAsync()).RevisionAsync(), seen + RevisionBump.Margin, long.MaxValue);
    }

    [Fact]
    public async Task The_database_of_a_stopped_member_is_better_than_an_older_snapshot()
    {
        await using var rig = await StartedAsync();
        var cluster = rig.Cluster;
        (await cluster.EtcdctlAsync("put", "/late", "after the snapshot")).ThrowIfFailed();
        foreach (var member in cluster.Plan.Members)
        {
            (await Command.RunAsync("/bin/sh", [cluster[member.Name, "stop.sh"]])).ThrowIfFailed();
        }

        Directory.Delete(cluster.Data("m1"), recursive: true);
        WholeClusterRestoreTests.Corrupt(cluster.Data("m2"));

        var plan = await rig.AssessAsync(new RestoreRequest { Cluster = "prod" });
        Assert.Equal((RestoreSourceKind.StoppedMember, "m3"), (plan.Source!.Kind, plan.Source.Member));
        Assert.Contains(plan.Findings, finding => finding.Code == "DatabaseDamaged" && finding.Text.Contains("m2", StringComparison.Ordinal));

        var run = await rig.RestoreAsync(new RestoreRequest { Cluster = "prod" });

        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.Contains("after the snapshot", (await cluster.EtcdctlAsync("get", "/late")).ThrowIfFailed().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_to_restore_from_is_told_with_what_was_tried()
    {
        await using var rig = new RestoreRig(new ServiceCluster(EtcdBinaries.V35));

        var error = await Assert.ThrowsAsync<NoRestoreSourceException>(() => rig.AssessAsync(new RestoreRequest { Cluster = "prod" }));

        Assert.Contains("m1, m2, m3 hold no database", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_second_of_two_operators_is_told_who_holds_the_lock()
    {
        await using var rig = await StartedAsync();
        var cluster = rig.Cluster;
        await cluster.KillAsync();
        foreach (var member in cluster.Plan.Members)
        {
            Directory.Delete(cluster.Data(member.Name), recursive: true);
        }

        var request = new RestoreRequest { Cluster = "prod", Snapshot = SnapshotCatalog.Describe(cluster["s.db"]) };
        var (first, second) = (rig.World(), rig.World());
        var plan = await rig.AssessAsync(request, first);
        File.WriteAllText(plan.Members[1].LockFile, """{"run":"restore-other","owner":"ann@far","since":"2026-11-22T01:02:03Z","bootId":""}""");

        var refused = await Assert.ThrowsAsync<HostLockedException>(
            () => rig.Session().RunAsync("restore-20261123T000000Z-aaaa", new RestoreRunbook(plan, second).Create(), RestoreRig.Token));

        Assert.Contains("restore-other of ann@far since 2026-11-22 01:02:03", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(plan.Members[0].LockFile));
        Assert.False(Directory.Exists(cluster.Data("m1")));
    }

    private static async Task<RestoreRig> StartedAsync(EtcdRelease? release = null)
    {
        var rig = new RestoreRig(new ServiceCluster(release ?? EtcdBinaries.V35));
        await rig.Cluster.StartAsync();
        (await rig.Cluster.EtcdctlAsync("put", "/a", "one")).ThrowIfFailed();
        (await rig.Cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(rig.Cluster.Plan.Members[0].ClientUrl), "snapshot", "save", rig.Cluster["s.db"])).ThrowIfFailed();
        return rig;
    }
}
