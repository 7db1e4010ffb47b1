using System.Security.Cryptography;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Runbooks.Errors;
using DrPowerShell.Core.Services;
using DrPowerShell.Core.Tests.Restores;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Restores;

/// <summary>A cluster is restored to members that it did not have: other names, addresses and counts. The old ones never come up beside them.</summary>
[Collection(FleetCollection.Name)]
public sealed class OtherMembersTests
{
    [Fact]
    public async Task The_survivor_of_three_becomes_a_cluster_of_one_elsewhere_and_a_failed_attempt_leaves_the_three_as_they_were()
    {
        await using var rig = await StartedAsync(3);
        await using var target = new ServiceCluster(EtcdBinaries.V35, 1);
        var old = rig.Cluster;
        await old.KillAsync("m1");
        await Eventually.IsTrueAsync(async () => (await old.EtcdctlAsync("put", "/late", "m1 has not seen it")).ExitCode == 0, "the others have a leader", TimeSpan.FromMinutes(1));
        await old.KillAsync("m3");
        var request = new RestoreRequest { Cluster = "prod", Members = Members(target) };
        var (start, before) = (File.ReadAllText(target["m1", "start.sh"]), Tree(old, "m1", "m3"));
        File.WriteAllText(target["m1", "start.sh"], "#!/bin/sh\necho no >&2\nexit 1\n");

        var undone = await Assert.ThrowsAsync<RunUndoneException>(() => rig.RestoreAsync(request));

        Assert.Contains(undone.Run.Steps, step => step is { Id: "start-n1", ErrorId: "ServiceCommandFailed" });
        Assert.Equal(before, Tree(old, "m1", "m3"));
        Assert.True(await old.IsRunningAsync("m2"));

        // Without the others it runs and is never ready: its database is among the best that there are.
        var next = await rig.AssessAsync(request);
        Assert.Equal(RestoreSourceKind.StoppedMember, next.Source!.Kind);
        Assert.NotEqual("m1", next.Source.Member);

        File.WriteAllText(target["m1", "start.sh"], start);
        var run = await rig.RestoreAsync(request);

        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.Contains("one", (await target.EtcdctlAsync("get", "/a")).ThrowIfFailed().Output, StringComparison.Ordinal);
        Assert.Contains("m1 has not seen it", (await target.EtcdctlAsync("get", "/late")).ThrowIfFailed().Output, StringComparison.Ordinal);
        Assert.Contains("n1", (await target.EtcdctlAsync("member", "list")).ThrowIfFailed().Output, StringComparison.Ordinal);
        Assert.Contains(run.Findings, finding => finding.Code == "EstateNamesOldMembers");
        await AssertRetiredAsync(old, run.Id);
    }

    [Fact]
    public async Task One_becomes_three_over_its_healthy_quorum_where_the_loss_is_named_and_a_last_snapshot_is_kept()
    {
        await using var rig = await StartedAsync(1);
        await using var target = new ServiceCluster(EtcdBinaries.V35, 3);
        (await rig.Cluster.EtcdctlAsync("put", "/late", "after the snapshot")).ThrowIfFailed();

        var run = await rig.RestoreAsync(new RestoreRequest
        {
            Cluster = "prod", Members = Members(target), Snapshot = SnapshotCatalog.Describe(rig.Cluster["s.db"]), AcceptDataLoss = TimeSpan.FromHours(1),
        });

        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.Contains("one", (await target.EtcdctlAsync("get", "/a")).ThrowIfFailed().Output, StringComparison.Ordinal);
        Assert.Equal(3, (await target.EtcdctlAsync("member", "list")).ThrowIfFailed().Output.Split('\n').Count(line => line.Contains("started, n", StringComparison.Ordinal)));
        Assert.True(File.Exists(Path.Combine(rig.Runs, run.Id, "last-m1.db")));
        await AssertRetiredAsync(rig.Cluster, run.Id);
    }

    private static async Task<RestoreRig> StartedAsync(int members)
    {
        var rig = new RestoreRig(new ServiceCluster(EtcdBinaries.V35, members));
        await rig.Cluster.StartAsync();
        (await rig.Cluster.EtcdctlAsync("put", "/a", "one")).ThrowIfFailed();
        (await rig.Cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(rig.Cluster.Plan.Members[0].ClientUrl), "snapshot", "save", rig.Cluster["s.db"])).ThrowIfFailed();
        return rig;
    }

    // Their own configuration calls them m1, m2 and so on, as the old ones: their names must be changed there.
    private static Dictionary<string, MemberSection> Members(ServiceCluster target) => target.Plan.Members.ToDictionary(
        member => "n" + member.Name[1..],
        member => new MemberSection
        {
            Host = "m1-host",
            Configuration = target[member.Name, "etcd.yaml"],
            Service = new MemberServiceSection
            {
                Type = ServiceKind.Command,
                Name = "etcd-n" + member.Name[1..],
                Start = $"/bin/sh {target[member.Name, "start.sh"]}",
                Stop = $"/bin/sh {target[member.Name, "stop.sh"]}",
                Status = $"/bin/sh {target[member.Name, "status.sh"]}",
            },
        },
        StringComparer.Ordinal);

    // Down, their data parked, and not to be brought back by a boot: started by hand each of them ends by itself.
    private static async Task AssertRetiredAsync(ServiceCluster old, string run)
    {
        foreach (var member in old.Plan.Members)
        {
            Assert.False(await old.IsRunningAsync(member.Name));
            Assert.True(Directory.Exists(old[member.Name, $"data.parked-{run}", "member"]));
            await Command.RunAsync("/bin/sh", [old[member.Name, "start.sh"]]);
        }

        await Eventually.IsTrueAsync(
            async () => !(await Task.WhenAll(old.Plan.Members.Select(member => old.IsRunningAsync(member.Name)))).Contains(true), "no old member stays up", TimeSpan.FromMinutes(2));
    }

    private static string Tree(ServiceCluster cluster, params string[] members) => string.Join('\n', members.SelectMany(member =>
        Directory.EnumerateFiles(cluster[member], "*", SearchOption.AllDirectories).Where(path => !path.Contains("/run/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(path => $"{path} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))}")));
}
