using System.Management.Automation;
using System.Runtime.Versioning;
using Xunit;

namespace DrPowerShell.Module.Tests.Restores;

/// <summary>The snapshot that a restore is given: from which repository, of what worth, and never more than one.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RestoreSnapshotTests
{
    private const string Restore = "RestoreEtcdClusterCommand";
    private const string Plan = "GetRecoveryPlanCommand";

    [Fact]
    public async Task It_is_fetched_from_where_it_lies_and_a_repository_that_is_named_besides_keeps_the_journal()
    {
        await using var scene = await StartAsync();
        scene.Run("Import-EtcdSnapshot $f/s.db -Repository other -Cluster prod; Import-EtcdSnapshot $f/s.db -Repository $f/third -Cluster prod").Succeed();
        await scene.Cluster.KillAsync();

        scene.Run("Get-EtcdSnapshot -Repository $f/third | Get-RecoveryPlan prod -AcceptDataLoss 1d").FailsWith("SnapshotRepositoryNotNamed", Plan, ErrorCategory.InvalidArgument);
        Assert.NotEmpty(scene.Run("Get-EtcdSnapshot -Repository $f/other | Get-RecoveryPlan prod -AcceptDataLoss 1d").Succeed().Output);
        var run = scene.Run("Get-EtcdSnapshot -Repository other | Restore-EtcdCluster prod -Repository offsite -AcceptDataLoss 1d -Confirm:$false").One;

        Assert.Equal("Healthy offsite", $"{run.Result} {run.Repository}");
        Assert.True(Directory.Exists(scene["offsite", ".runs"]));
        Assert.Contains("one", (await scene.Cluster.EtcdctlAsync("get", "/a")).ThrowIfFailed().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_must_not_be_restored_is_refused_before_anything_runs()
    {
        await using var scene = await StartAsync();
        await scene.Cluster.KillAsync();
        var bytes = File.ReadAllBytes(scene["s.db"]);
        File.WriteAllBytes(scene["copy.db"], bytes);
        bytes[^200] ^= 1;
        File.WriteAllBytes(scene["damaged.db"], bytes);
        scene.Run("Get-RecoveryPlan prod -Snapshot $f/s.db -AcceptDataLoss 1d").Succeed(); // the state folder and its like are there now
        var before = scene.Tree();

        foreach (var (command, name) in new[] { ("Restore-EtcdCluster prod -AcceptDataLoss 1d -Confirm:$false", Restore), ("Get-RecoveryPlan prod -AcceptDataLoss 1d", Plan) })
        {
            scene.Run($"Test-EtcdSnapshot $f/damaged.db | {command}").FailsWith("SnapshotNotValid", name, ErrorCategory.InvalidData);
            scene.Run($"Get-EtcdSnapshot $f/s.db, $f/copy.db | {command}").FailsWith("SeveralSnapshots", name, ErrorCategory.InvalidArgument);
            scene.Run($"{command} -OutageStart ([DateTime]::Now).AddHours(1)").FailsWith("OutageStartAhead", name, ErrorCategory.InvalidArgument);
            Assert.Empty(scene.Run($"@() | {command}").Succeed().Output);
            Assert.Equal(before, scene.Tree());
        }
    }

    private static async Task<RestoreScene> StartAsync()
    {
        var scene = await RestoreScene.StartAsync(1);
        scene.Cluster.MoreEstate = "repositories:\n" + string.Concat(new[] { "offsite", "other" }.Select(name => $"  {name}: {{ uri: 'file://{Directory.CreateDirectory(scene[name]).FullName}' }}\n"));
        Directory.CreateDirectory(scene["third"]);
        scene.Cluster.WriteEstate();
        return scene;
    }
}
