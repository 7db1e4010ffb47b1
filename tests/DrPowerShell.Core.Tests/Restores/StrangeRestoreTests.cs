using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Restores.Impact;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Runbooks.Errors;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Tests.Restores.Faults;
using DrPowerShell.CrashHost;
using DrPowerShell.Testing.Etcd;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores;

/// <summary>What happens beside a restore while it runs: clients that write, machines that boot, files that change.</summary>
public sealed class StrangeRestoreTests
{
    private const string Run = "restore-20261129T120000Z-aaaa";

    [Theory]
    [MemberData(nameof(EtcdBinaries.Rows), MemberType = typeof(EtcdBinaries))]
    public async Task A_client_that_writes_before_the_health_check_does_not_make_a_good_restore_fail(EtcdRelease release)
    {
        await using var rig = await WipedAsync(release);

        await RunAsync(rig, rig.World(), "health", async _ => (await rig.Cluster.EtcdctlAsync("put", "/new", "already")).ThrowIfFailed());

        var run = RunSession.Read(rig.Runs, Run);
        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.Contains("already", (await rig.Cluster.EtcdctlAsync("get", "/new")).ThrowIfFailed().Output, StringComparison.Ordinal);

        // A server that does not answer for the revision that it has compacted to is told of; the others prove the image all the same.
        var text = Assert.Single(run.Steps, step => step.Id == "health").Text!;
        Assert.Equal(text.EndsWith("HashKV equal on all", StringComparison.Ordinal), run.Findings.Any(finding => finding.Code == "HashNotComparedWithImage"));
        Assert.True(release.Version.StartsWith("3.4", StringComparison.Ordinal) || text.EndsWith("and to the image", StringComparison.Ordinal), text);
    }

    [Fact]
    public async Task A_member_that_came_up_again_is_stopped_before_its_data_is_moved()
    {
        await using var rig = await WipedAsync(EtcdBinaries.V35);

        // With its old configuration and no data it makes up a cluster of its own.
        await RunAsync(rig, rig.World(), "exchange-m2", async token => (await Command.RunAsync("/bin/sh", [rig.Cluster["m2", "start.sh"]], cancellationToken: token)).ThrowIfFailed());

        var run = RunSession.Read(rig.Runs, Run);
        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.StartsWith("m2 was down and is not any more", Assert.Single(run.Findings, finding => finding.Code == "MemberCameUp").Text, StringComparison.Ordinal);
        Assert.Contains("one", (await rig.Cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(rig.Cluster.Plan.Members[1].ClientUrl), "get", "/a")).ThrowIfFailed().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_file_that_is_written_anew_after_it_was_verified_is_not_restored()
    {
        await using var rig = await WipedAsync(EtcdBinaries.V35);
        var other = rig.Cluster["other.db"];

        var error = await Assert.ThrowsAsync<RunUndoneException>(() => RunAsync(rig, rig.World(), "stop-m1", _ =>
        {
            File.Move(other, rig.Cluster["s.db"], overwrite: true);
            return Task.CompletedTask;
        }));

        Assert.Equal(RunResult.Undone, error.Run.Result);
        Assert.Contains(error.Run.Steps, one => one is { Id: "build", ErrorId: "RestoreSourceChanged" });
    }

    [Theory]
    [InlineData("prove-image")]
    [InlineData("place-m2")]
    public async Task What_was_built_is_built_again_where_it_is_gone(string step)
    {
        await using var rig = await WipedAsync(EtcdBinaries.V35);
        await using var remote = new FaultyWorld(rig.World());

        await RunAsync(rig, remote, step, _ =>
        {
            Directory.Delete(Path.Combine(remote.WorkFolder(Run), "members", step == "place-m2" ? "m2" : "m1"), recursive: true);
            return Task.CompletedTask;
        });

        Assert.Equal(RunResult.Healthy, RunSession.Read(rig.Runs, Run).Result);
    }

    [Fact]
    public async Task The_impact_is_measured_against_stopped_members_of_other_machines()
    {
        await using var rig = await StartedAsync(EtcdBinaries.V35);
        (await rig.Cluster.EtcdctlAsync("put", "/late", "after the snapshot")).ThrowIfFailed();
        foreach (var member in rig.Cluster.Plan.Members)
        {
            (await Command.RunAsync("/bin/sh", [rig.Cluster[member.Name, "stop.sh"]])).ThrowIfFailed();
        }

        WholeClusterRestoreTests.Corrupt(rig.Cluster.Data("m1"));
        await using var remote = new FaultyWorld(rig.World());
        var request = new RestoreRequest { Cluster = "prod", Snapshot = SnapshotCatalog.Describe(rig.Cluster["s.db"]), AcceptDataLoss = TimeSpan.FromHours(1) };
        var plan = await new RestoreAssessor(rig.Estate(), remote).AssessAsync(request, null, RestoreRig.Token);

        var impact = await PlanImpact.MeasureAsync(plan, remote, null, RestoreRig.Token);

        Assert.Equal(1, impact!.KeysLost);
        Assert.Empty(Directory.EnumerateFileSystemEntries(rig.Cluster["work"]));
    }

    [Fact]
    public async Task A_journal_that_ends_before_clients_were_let_in_undoes_nothing_on_machines_that_know_better()
    {
        await using var rig = await WipedAsync(EtcdBinaries.V35);
        await Assert.ThrowsAsync<RunFailedException>(() => RunAsync(rig, rig.World(), "record", _ => throw new InvalidOperationException("It fails after clients were let in.")));
        (await rig.Cluster.EtcdctlAsync("put", "/new", "acknowledged")).ThrowIfFailed();

        // As a copy of the journal that was cut off with the network.
        var journal = RunFolder.Journal(rig.Runs, Run);
        File.WriteAllLines(journal, File.ReadAllLines(journal).TakeWhile(line => !line.Contains("pointOfNoReturn", StringComparison.OrdinalIgnoreCase)));
        await using var world = rig.World(new RestoreWorldOptions { KeepDirectory = rig.Runs, WorkDirectory = rig.Cluster["work"], BreakLock = Run });
        await Assert.ThrowsAsync<HostPastPointOfNoReturnException>(
            () => rig.Session().UndoAsync(Run, begun => new RestoreRunbook(RunFacts.FromJson<RestorePlan>(begun.Plan), world).Create(), RestoreRig.Token));

        Assert.Contains("acknowledged", (await rig.Cluster.EtcdctlAsync("get", "/new")).ThrowIfFailed().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_of_two_members_is_not_replaced_while_the_other_alone_cannot_take_it_out()
    {
        await using var rig = new RestoreRig(new ServiceCluster(EtcdBinaries.V35, members: 2));
        await rig.Cluster.StartAsync();

        var error = await Assert.ThrowsAsync<ClusterHasNoQuorumException>(() => rig.RestoreAsync(new RestoreRequest { Cluster = "prod", Member = "m2" }));

        Assert.Contains("1 of 2 voting members answer, and 2 are needed", error.Message, StringComparison.Ordinal);
        Assert.True(await rig.Cluster.IsRunningAsync("m2"));
    }

    [Fact]
    public async Task A_member_whose_etcd_calls_itself_otherwise_is_refused_before_anything_is_stopped()
    {
        await using var rig = await StartedAsync(EtcdBinaries.V35);
        var file = rig.Cluster["m2", "etcd.yaml"];
        File.WriteAllText(file, File.ReadAllText(file).Replace("name: m2 ", "name: node2 ", StringComparison.Ordinal));

        var error = await Assert.ThrowsAsync<MemberNotRestorableException>(() => rig.AssessAsync(new RestoreRequest { Cluster = "prod", Member = "m1" }));

        Assert.Contains("its etcd calls itself node2", error.Message, StringComparison.Ordinal);
    }

    private static async Task<RestoreRig> StartedAsync(EtcdRelease release)
    {
        var rig = new RestoreRig(new ServiceCluster(release));
        var cluster = rig.Cluster;
        Directory.CreateDirectory(cluster["work"]);
        await cluster.StartAsync();
        (await cluster.EtcdctlAsync("put", "/a", "one")).ThrowIfFailed();
        foreach (var file in new[] { "s.db", "other.db" })
        {
            (await cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(cluster.Plan.Members[0].ClientUrl), "snapshot", "save", cluster[file])).ThrowIfFailed();
        }

        return rig;
    }

    private static async Task<RestoreRig> WipedAsync(EtcdRelease release)
    {
        var rig = await StartedAsync(release);
        await rig.Cluster.KillAsync();
        foreach (var member in rig.Cluster.Plan.Members)
        {
            Directory.Delete(rig.Cluster.Data(member.Name), recursive: true);
        }

        return rig;
    }

    private static async Task RunAsync(RestoreRig rig, IRestoreWorld world, string step, Func<CancellationToken, Task> before)
    {
        var request = new RestoreRequest { Cluster = "prod", Snapshot = SnapshotCatalog.Describe(rig.Cluster["s.db"]) };
        var runbook = new RestoreRunbook(await new RestoreAssessor(rig.Estate(), world).AssessAsync(request, null, RestoreRig.Token), world).Create();
        await rig.Session().RunAsync(Run, runbook with { Steps = [.. runbook.Steps.Select(one => one.Id == step ? new InterruptedStep(one) { Before = before } : one)] }, RestoreRig.Token);
    }
}
