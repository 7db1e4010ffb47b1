using System.Text.Json.Nodes;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots.Restore;

/// <summary>Real etcd on restored directories: everything is there, everybody agrees, it takes writes and starts again.</summary>
public sealed class RestoreBootTests
{
    public static TheoryData<string, int, bool, long> Shapes
    {
        get
        {
            var rows = new TheoryData<string, int, bool, long>();
            foreach (var release in EtcdBinaries.All)
            {
                rows.Add(release.Name, 1, false, 0);
                rows.Add(release.Name, 3, false, 5_000_000);
                rows.Add(release.Name, 3, true, 0);
                rows.Add(release.Name, 1, true, 5_000_000);
            }

            return rows;
        }
    }

    public static TheoryData<string> Releases => [.. EtcdBinaries.All.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task A_restored_cluster_has_every_key_agrees_on_its_hash_takes_writes_and_starts_again(string etcd, int members, bool compact, long bump)
    {
        var release = EtcdBinaries.Get(etcd);
        var snapshot = await LiveSnapshots.SmallAsync(release);
        await using var restored = await RestoredCluster.RestoreAsync(
            release, snapshot.Path, members, o => o with { Compact = compact, RevisionBump = bump, TargetVersion = Version.Parse(etcd) });
        if (bump == 0)
        {
            Assert.Equal(snapshot.HashKv, restored.ExpectedHash);
        }

        await restored.StartAsync();
        await restored.AssertHashesAsync();
        await restored.AssertKeysAsync(snapshot.Keys);
        var load = await EtcdLoad.OpenAsync(restored.Live);
        Assert.Equal(snapshot.Revision + bump, await load.RevisionAsync());
        await AssertLeaseAsync(load, snapshot.Lease);
        await AssertMembersAsync(restored);

        Assert.Equal(snapshot.Revision + bump + 1, await load.PutAsync("/after", "restore"));
        await restored.RestartAsync();
        Assert.Equal(snapshot.Revision + bump + 2, await (await EtcdLoad.OpenAsync(restored.Live)).PutAsync("/after", "again"));
        for (var i = 0; i < members; i++)
        {
            load = await EtcdLoad.OpenAsync(restored.Live, i);
            var keys = await load.GetAllAsync();
            Assert.Equal("again", keys.Single(k => k.KeyText == "/after").ValueText);
            Assert.Equal(snapshot.Keys, keys.Where(k => k.KeyText != "/after").Select(LiveSnapshots.Tell));
        }

        // A follower hears of the last write a little later than the client that wrote it.
        await DrPowerShell.Testing.Eventually.IsTrueAsync(
            async () => (await restored.Live.HashKvAsync()).Select(h => (h.Hash, h.Revision)).Distinct().Count() == 1, "all members answer one HashKV", TimeSpan.FromSeconds(15));
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task A_hundred_thousand_keys_of_a_cluster_with_mutual_TLS_and_users_come_back_behind_both(string etcd)
    {
        var release = EtcdBinaries.Get(etcd);
        var snapshot = await LiveSnapshots.LargeAsync(release);
        Assert.True(snapshot.Keys.Count > 95_000);
        await using (var restored = await RestoredCluster.RestoreAsync(release, snapshot.Path, 3, o => o with { RevisionBump = 1_000_000_000 }, tls: true))
        {
            await restored.StartAsync(snapshot.RootPassword);
            await restored.AssertKeysAsync(snapshot.Keys);
            Assert.NotEqual(0, (await restored.Live.TryEtcdctlAsync("get", "/empty", "--user=root:wrong")).ExitCode);
        }

        // HashKV is not to be had where authentication is on; the same image without it answers.
        await using var open = await RestoredCluster.RestoreAsync(release, snapshot.Path, 1, o => o with { RevisionBump = 1_000_000_000, DisableAuth = true, Compact = true }, tls: true);
        await open.StartAsync();
        await open.AssertHashesAsync();
        await open.AssertKeysAsync(snapshot.Keys);
    }

    [Fact]
    public async Task A_snapshot_of_3_4_boots_in_3_5()
    {
        var snapshot = await LiveSnapshots.SmallAsync(EtcdBinaries.V34);
        await using var restored = await RestoredCluster.RestoreAsync(EtcdBinaries.V35, snapshot.Path, 3, o => o with { TargetVersion = new Version(3, 5) });
        await restored.StartAsync();
        await restored.AssertHashesAsync();
        await restored.AssertKeysAsync(snapshot.Keys);
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task A_learner_is_restored_as_one_and_follows(string etcd)
    {
        var release = EtcdBinaries.Get(etcd);
        var snapshot = await LiveSnapshots.SmallAsync(release);
        await using var restored = await RestoredCluster.RestoreAsync(release, snapshot.Path, 4, learners: "m2");
        await restored.StartAsync();
        await AssertMembersAsync(restored, "m2");

        // A learner answers neither reads nor HashKV. Once it has followed it may vote, and then it does.
        await DrPowerShell.Testing.Eventually.IsTrueAsync(
            async () => (await restored.Live.TryEtcdctlAsync("member", "promote", restored.Options.Topology["m2"].IdText, Voter(restored))).ExitCode == 0, "the learner is promoted");
        await AssertMembersAsync(restored);
        await restored.AssertHashesAsync();
        await restored.AssertKeysAsync(snapshot.Keys);
        await (await EtcdLoad.OpenAsync(restored.Live, 1)).PutAsync("/after", "restore");
        await restored.RestartAsync();
        await AssertMembersAsync(restored);
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task The_database_of_a_stopped_member_is_restored_where_its_missing_digest_is_accepted(string etcd)
    {
        var release = EtcdBinaries.Get(etcd);
        var snapshot = await LiveSnapshots.SmallAsync(release);
        await Assert.ThrowsAsync<SnapshotDigestMissingException>(() => RestoredCluster.RestoreAsync(release, snapshot.RawDatabase, 1));
        foreach (var compact in new[] { false, true })
        {
            await using var restored = await RestoredCluster.RestoreAsync(release, snapshot.RawDatabase, 1, o => o with { SkipDigest = true, Compact = compact });
            await restored.StartAsync();
            await restored.AssertHashesAsync();
            await restored.AssertKeysAsync(snapshot.Keys);
        }
    }

    [Fact]
    public async Task Extents_that_were_shared_instead_of_copied_make_the_same_member()
    {
        var snapshot = await LiveSnapshots.SmallAsync(EtcdBinaries.V35);
        await using var restored = await RestoredCluster.RestoreAsync(EtcdBinaries.V35, snapshot.Path, 1);
        var shared = Path.Combine(restored.DataDirectory("shared"));
        var options = restored.Options with { Targets = [new RestoreTarget("m1", shared)], RevisionBump = 7 };
        var files = new DrPowerShell.CrashHost.SteppedFiles((_, _) => { })
        {
            Clone = (source, target) =>
            {
                var bytes = new byte[RandomAccess.GetLength(source)];
                RandomAccess.Read(source, bytes, 0);
                RandomAccess.Write(target, bytes, 0);
                return true;
            },
        };
        await RestorePlans.RestoreAsync(snapshot.Path, options, files);
        var result = await RestorePlans.AssertCompleteAsync(shared, options);
        Assert.Equal(snapshot.Revision + 7, result.Status!.Revision);
        Directory.Move(Path.Combine(shared, "member"), restored.DataDirectory("member-of-shared"));
        Directory.Delete(restored.DataDirectory("m1"), recursive: true);
        Directory.CreateDirectory(restored.DataDirectory("m1"));
        Directory.Move(restored.DataDirectory("member-of-shared"), Path.Combine(restored.DataDirectory("m1"), "member"));
        await restored.StartAsync();
        await restored.AssertKeysAsync(snapshot.Keys);
    }

    private static async Task AssertLeaseAsync(EtcdLoad load, long lease)
    {
        var answer = await load.PostAsync("/v3/lease/timetolive", new JsonObject { ["ID"] = lease, ["keys"] = true });
        Assert.InRange(long.Parse((string)answer["TTL"]!), 3000, 3600);
        Assert.Equal(50, answer["keys"]!.AsArray().Count);
    }

    private static string Voter(RestoredCluster restored) => $"--endpoints={EtcdClusterPlan.Text(restored.Plan.Members[0].ClientUrl)}";

    private static async Task AssertMembersAsync(RestoredCluster restored, params string[] learners)
    {
        var printed = JsonNode.Parse(await restored.Live.EtcdctlAsync(
            "member", "list", "--write-out=json", Voter(restored)))!;
        var topology = restored.Options.Topology;
        Assert.Equal(topology.ClusterId, (ulong)printed["header"]!["cluster_id"]!);
        var found = printed["members"]!.AsArray().ToDictionary(m => (string)m!["name"]!, m => m!);
        Assert.Equal(topology.Members.Select(m => m.Name).Order(), found.Keys.Order());
        foreach (var member in topology.Members)
        {
            var live = found[member.Name];
            Assert.Equal(member.Id, (ulong)live["ID"]!);
            Assert.Equal(member.PeerUrls, live["peerURLs"]!.AsArray().Select(u => (string)u!));
            Assert.Equal(learners.Contains(member.Name), (bool?)live["isLearner"] == true);
        }
    }
}
