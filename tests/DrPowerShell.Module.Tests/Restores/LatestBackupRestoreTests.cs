using System.Runtime.Versioning;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Module.Tests.Restores;

/// <summary>Nothing is left of a cluster but its repository: the newest verified backup is found there, decrypted, and restored.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class LatestBackupRestoreTests
{
    private const int Keys = 2000;

    [Fact]
    public async Task A_wiped_cluster_comes_back_from_the_newest_verified_backup_of_an_encrypted_repository_asked_for_or_not()
    {
        await using var scene = await RestoreScene.StartAsync(3);
        var cluster = scene.Cluster;
        scene.Write("plan.yaml", "cluster: prod\nsource: { latest: true }\n");
        var recipient = (string)scene.Run("New-SnapshotEncryptionKey $f/escrow.key").One.Recipient;
        Directory.CreateDirectory(scene["store"]);
        cluster.More = "repository: offsite";
        cluster.MoreEstate = $$"""
            repositories:
              offsite:
                uri: file://{{scene["store"]}}
                encrypt: { recipients: [{{recipient}}], identities: ['file:{{scene["escrow.key"]}}'] }
            """;
        cluster.WriteEstate();
        await (await cluster.OpenLoadAsync()).PutSequenceAsync(Keys);
        scene.Run("$old = Backup-EtcdSnapshot -Cluster prod -Repository offsite").Succeed();

        foreach (var how in new[] { "prod", "-Plan $f/plan.yaml" })
        {
            (await cluster.EtcdctlAsync("put", "/backed-up", "before " + how)).ThrowIfFailed();
            // Of two backups of one second neither is the newer one.
            await Task.Delay(TimeSpan.FromSeconds(1.1), TestContext.Current.CancellationToken);
            var backup = scene.Run("Backup-EtcdSnapshot -Cluster prod -Repository offsite").One;
            Assert.True((bool)backup.IsEncrypted);
            Assert.Equal("zstd", (string)backup.Manifest.Compression.Algorithm);
            (await cluster.EtcdctlAsync("put", "/late", "after the verified backup")).ThrowIfFailed();
            scene.Run("Backup-EtcdSnapshot -Cluster prod -Repository offsite -Level Digest").Succeed();
            await WipeAsync(cluster);

            var run = scene.Run($"Restore-EtcdCluster {how} -Confirm:$false").One;

            Assert.Equal("Healthy", run.Result.ToString());
            var id = (string)backup.Name;
            Assert.Equal(id, run.Plan.GetProperty("source").GetProperty("name").GetString());
            Assert.Contains(((IEnumerable<dynamic>)run.Steps).Select(step => (string)step.Step), step => step.Contains(id, StringComparison.Ordinal));
            scene.Run($"Export-RecoveryReport -Id {run.Id} -Path $f/{run.Id}.md").Succeed();
            Assert.Contains(id, File.ReadAllText(scene[$"{run.Id}.md"]), StringComparison.Ordinal);
            await AssertEveryKeyAsync(cluster);
            Assert.Contains("before " + how, (await cluster.EtcdctlAsync("get", "/backed-up")).ThrowIfFailed().Output, StringComparison.Ordinal);
            Assert.Equal("", (await cluster.EtcdctlAsync("get", "/late")).ThrowIfFailed().Output);
        }
    }

    private static async Task WipeAsync(ServiceCluster cluster)
    {
        await cluster.KillAsync();
        foreach (var member in cluster.Plan.Members)
        {
            Directory.Delete(cluster.Data(member.Name), recursive: true);
        }
    }

    // From each member's own store.
    private static async Task AssertEveryKeyAsync(ServiceCluster cluster)
    {
        for (var i = 0; i < cluster.Plan.Members.Count; i++)
        {
            var found = await (await cluster.OpenLoadAsync(i)).GetAllAsync("/load/");
            Assert.Equal(Keys, found.Count);
            for (var number = 0; number < Keys; number++)
            {
                Assert.Equal($"/load/{number:D8}", System.Text.Encoding.UTF8.GetString(found[number].Key));
                Assert.True(EtcdLoad.SequenceValue(number).AsSpan().SequenceEqual(found[number].Value), $"the value of key {number}");
            }
        }
    }
}
