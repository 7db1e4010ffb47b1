using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores;

/// <summary>What members hold and what a repository holds are ranked by what would be lost, whichever of them it is.</summary>
public sealed class SourceRankTests
{
    [Fact]
    public async Task A_member_that_was_away_for_long_does_not_win_over_a_later_backup_of_the_same_cluster()
    {
        await using var rig = await StartedAsync();
        var cluster = rig.Cluster;
        await cluster.KillAsync("m3");
        // It may have been the leader: the others elect another one first.
        await Eventually.IsTrueAsync(async () => (await cluster.EtcdctlAsync("put", "/b", "two")).ExitCode == 0, "the others write", TimeSpan.FromSeconds(60));
        var backup = await BackUpAsync(rig);
        await cluster.KillAsync();
        Directory.Delete(cluster.Data("m1"), recursive: true);
        Directory.Delete(cluster.Data("m2"), recursive: true);

        var plan = await rig.AssessAsync(new RestoreRequest { Cluster = "prod" });
        Assert.Equal((RestoreSourceKind.Backup, backup.Name), (plan.Source!.Kind, plan.Source.Name));
        Assert.StartsWith($"{backup.Name} ", Assert.Single(plan.Findings, finding => finding.Code == "MemberBehindBackup").Text, StringComparison.Ordinal);

        // The best by its own name needs no loss to be accepted, an older one does.
        Assert.Equal(backup.Name, (await rig.AssessAsync(new RestoreRequest { Cluster = "prod", Snapshot = backup })).Source!.Name);
        await Assert.ThrowsAsync<DataLossNotAcceptedException>(() => rig.AssessAsync(new RestoreRequest { Cluster = "prod", Snapshot = SnapshotCatalog.Describe(cluster["s.db"]) }));

        var run = await rig.RestoreAsync(new RestoreRequest { Cluster = "prod" });

        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.Contains("two", (await cluster.EtcdctlAsync("get", "/b")).ThrowIfFailed().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_that_has_come_further_than_the_newest_backup_is_taken()
    {
        await using var rig = await StartedAsync();
        await BackUpAsync(rig);
        (await rig.Cluster.EtcdctlAsync("put", "/late", "after the backup")).ThrowIfFailed();
        foreach (var member in rig.Cluster.Plan.Members)
        {
            (await Command.RunAsync("/bin/sh", [rig.Cluster[member.Name, "stop.sh"]])).ThrowIfFailed();
        }

        var plan = await rig.AssessAsync(new RestoreRequest { Cluster = "prod" });

        Assert.Equal(RestoreSourceKind.StoppedMember, plan.Source!.Kind);
        Assert.DoesNotContain(plan.Findings, finding => finding.Code == "MemberBehindBackup");
    }

    [Fact]
    public async Task A_larger_loss_than_was_accepted_is_refused_also_where_nothing_better_is_left()
    {
        await using var rig = await StartedAsync();
        var backup = await BackUpAsync(rig);
        await rig.Cluster.KillAsync();
        foreach (var member in rig.Cluster.Plan.Members)
        {
            Directory.Delete(rig.Cluster.Data(member.Name), recursive: true);
        }

        var request = new RestoreRequest { Cluster = "prod", OutageStart = backup.Created + TimeSpan.FromHours(2) };
        Assert.Equal(TimeSpan.FromHours(2), (await rig.AssessAsync(request)).MeasuredLoss);
        Assert.NotNull((await rig.AssessAsync(request with { AcceptDataLoss = TimeSpan.FromHours(3) })).Source);

        var refused = await Assert.ThrowsAsync<DataLossNotAcceptedException>(() => rig.AssessAsync(request with { AcceptDataLoss = TimeSpan.FromMinutes(10) }));
        Assert.Contains("would lose 2h00m, and 10m was accepted", refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("No better source is left.", refused.RecommendedAction, StringComparison.Ordinal);

        var older = await Assert.ThrowsAsync<DataLossNotAcceptedException>(
            () => rig.AssessAsync(new RestoreRequest { Cluster = "prod", Snapshot = SnapshotCatalog.Describe(rig.Cluster["s.db"]) }));
        Assert.Contains(backup.Name, older.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_that_does_not_answer_is_told_where_a_member_has_data_and_ends_it_where_none_has()
    {
        await using var rig = await StartedAsync();
        await rig.Cluster.KillAsync();
        Directory.Delete(rig.Cluster["vault"]);

        Assert.Contains((await rig.AssessAsync(new RestoreRequest { Cluster = "prod" })).Findings, finding => finding.Code == "RepositoryNotRead");

        foreach (var member in rig.Cluster.Plan.Members)
        {
            Directory.Delete(rig.Cluster.Data(member.Name), recursive: true);
        }

        await Assert.ThrowsAnyAsync<Etcd.Errors.RecoveryException>(() => rig.AssessAsync(new RestoreRequest { Cluster = "prod" }));
    }

    private static async Task<RestoreRig> StartedAsync()
    {
        var rig = new RestoreRig(new ServiceCluster(EtcdBinaries.V35));
        var cluster = rig.Cluster;
        cluster.More = "repository: vault";
        cluster.MoreEstate = $"repositories:\n  vault:\n    uri: file://{cluster["vault"]}\n";
        Directory.CreateDirectory(cluster["vault"]);
        await cluster.StartAsync();
        (await cluster.EtcdctlAsync("put", "/a", "one")).ThrowIfFailed();
        (await cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(cluster.Plan.Members[0].ClientUrl), "snapshot", "save", cluster["s.db"])).ThrowIfFailed();
        (await cluster.EtcdctlAsync("put", "/between", "more")).ThrowIfFailed();
        return rig;
    }

    private static async Task<EtcdSnapshot> BackUpAsync(RestoreRig rig)
    {
        var world = rig.World();
        await using var etcd = await world.Etcd.ConnectAsync(world.Connection("prod"), RestoreRig.Token);
        await using var vault = await SnapshotRepository.OpenAsync(world.Repository("vault"), RestoreRig.Token);
        return await new RepositoryBackup().RunAsync(etcd, vault, new RepositoryBackupOptions { ClusterName = "prod" }, null, null, RestoreRig.Token);
    }
}
