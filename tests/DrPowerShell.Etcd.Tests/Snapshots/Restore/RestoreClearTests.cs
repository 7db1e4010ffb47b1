using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots.Restore;

/// <summary>What a restore leaves out when asked: alarms, and authentication in a sandbox's copy.</summary>
public sealed class RestoreClearTests
{
    public static TheoryData<string> Releases => [.. EtcdBinaries.All.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task An_alarm_is_kept_and_refuses_writes_unless_it_is_cleared(string etcd)
    {
        var release = EtcdBinaries.Get(etcd);
        using var temp = new DrPowerShell.Testing.TempFolder("alarm");
        var snapshot = temp["alarm.db"];
        await using (var cluster = await EtcdTestCluster.StartAsync(release, new EtcdClusterOptions { ExtraArguments = ["--quota-backend-bytes", "2097152"] }))
        {
            var load = await EtcdLoad.OpenAsync(cluster);
            // What a server has accepted and not yet written does not count: whoever is fast needs more of them.
            await Assert.ThrowsAsync<InvalidOperationException>(() => load.PutSequenceAsync(2000, valueSize: 100_000));
            Assert.Contains("NOSPACE", await cluster.EtcdctlAsync("alarm", "list"));
            await cluster.EtcdctlAsync("snapshot", "save", snapshot);
        }

        await using (var kept = await RestoredCluster.RestoreAsync(release, snapshot, 1))
        {
            await kept.StartUnhealthyAsync();
            Assert.Contains("NOSPACE", await kept.Live.EtcdctlAsync("alarm", "list"));
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(async () => await (await EtcdLoad.OpenAsync(kept.Live)).PutAsync("a", "b"));
            Assert.Contains("space exceeded", refused.Message);
        }

        await using var cleared = await RestoredCluster.RestoreAsync(release, snapshot, 1, o => o with { ClearAlarms = true });
        await cleared.StartAsync();
        Assert.Equal("", (await cleared.Live.EtcdctlAsync("alarm", "list")).Trim());
        await (await EtcdLoad.OpenAsync(cleared.Live)).PutAsync("a", "b");
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task A_store_of_which_a_compaction_took_the_last_row_is_bumped_from_the_compacted_revision(string etcd)
    {
        var release = EtcdBinaries.Get(etcd);
        using var temp = new DrPowerShell.Testing.TempFolder("emptied");
        var snapshot = temp["emptied.db"];
        long revision;
        await using (var cluster = await EtcdTestCluster.StartAsync(release))
        {
            var load = await EtcdLoad.OpenAsync(cluster);
            for (var i = 0; i < 20; i++)
            {
                await load.PutAsync("/only", $"{i}");
            }

            revision = await load.DeletePrefixAsync("/only");
            await load.CompactAsync(revision);
            await cluster.EtcdctlAsync("snapshot", "save", snapshot);
        }

        foreach (var (bump, compact) in new[] { (0L, false), (7L, false), (7L, true) })
        {
            await using var restored = await RestoredCluster.RestoreAsync(release, snapshot, 1, o => o with { RevisionBump = bump, Compact = compact });
            await restored.StartAsync();
            await restored.AssertHashesAsync();
            var load = await EtcdLoad.OpenAsync(restored.Live);
            Assert.Equal(revision + bump, await load.RevisionAsync());
            Assert.Equal(revision + bump + 1, await load.PutAsync("/after", "restore"));
        }
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task An_empty_store_is_restored_and_bumped(string etcd)
    {
        var release = EtcdBinaries.Get(etcd);
        using var temp = new DrPowerShell.Testing.TempFolder("empty");
        var snapshot = temp["empty.db"];
        await using (var cluster = await EtcdTestCluster.StartAsync(release))
        {
            await cluster.EtcdctlAsync("snapshot", "save", snapshot);
        }

        foreach (var (bump, compact) in new[] { (0L, true), (1000L, false), (1000L, true) })
        {
            await using var restored = await RestoredCluster.RestoreAsync(release, snapshot, 1, o => o with { RevisionBump = bump, Compact = compact });
            await restored.StartAsync();
            await restored.AssertHashesAsync();
            Assert.Equal(1 + bump, await (await EtcdLoad.OpenAsync(restored.Live)).RevisionAsync());
        }
    }
}
