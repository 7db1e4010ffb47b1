using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores;

/// <summary>Three real members on local hosts are brought back from damage.</summary>
public sealed class WholeClusterRestoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(EtcdBinaries.Rows), MemberType = typeof(EtcdBinaries))]
    public async Task Wiped_and_corrupted_members_come_back_from_a_snapshot_file(EtcdRelease release)
    {
        await using var rig = new RestoreRig(new ServiceCluster(release));
        var cluster = rig.Cluster;
        await cluster.StartAsync();
        (await cluster.EtcdctlAsync("put", "/a", "one")).ThrowIfFailed();
        (await cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(cluster.Plan.Members[0].ClientUrl), "snapshot", "save", cluster["s.db"])).ThrowIfFailed();
        await cluster.KillAsync();
        Directory.Delete(cluster.Data("m1"), recursive: true);
        Corrupt(cluster.Data("m2"));
        Directory.Delete(cluster.Data("m3"), recursive: true);

        var snapshot = SnapshotCatalog.Describe(cluster["s.db"]);
        var run = await rig.RestoreAsync(new RestoreRequest { Cluster = "prod", Snapshot = snapshot });

        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.True(run.IsSealed);
        Assert.All(run.Steps, step => Assert.Equal(StepOutcome.Succeeded, step.Outcome));
        Assert.Contains("one", (await cluster.EtcdctlAsync("get", "/a")).ThrowIfFailed().Output, StringComparison.Ordinal);
        // No database is left to tell what clients have seen.
        Assert.InRange(await (await cluster.OpenLoadAsync()).RevisionAsync(), snapshot.Revision + RevisionBump.Unknown, long.MaxValue);
        Assert.Contains(run.Findings, finding => finding is { Code: "WritersNotNamed", Severity: RecoverySeverity.Warning });
        Assert.Contains("# its name", File.ReadAllText(cluster["m1", "etcd.yaml"]), StringComparison.Ordinal);
        Assert.Contains(run.Id, File.ReadAllText(cluster["m1", "etcd.yaml"]), StringComparison.Ordinal);
        Assert.True(Directory.Exists(cluster["m2", $"data.parked-{run.Id}"]));
    }

    internal static void Corrupt(string data)
    {
        using var file = File.OpenWrite(Path.Combine(data, "member", "snap", "db"));
        file.Write(new byte[file.Length]);
    }
}
