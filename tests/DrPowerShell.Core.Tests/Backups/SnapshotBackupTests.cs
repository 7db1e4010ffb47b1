using System.Runtime.Versioning;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Backups;

[UnsupportedOSPlatform("windows")]
public sealed class SnapshotBackupTests : IDisposable
{
    private readonly TempFolder _temp = new("backup");

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("3.4")]
    [InlineData("3.5")]
    public async Task Three_members_then_two_then_one_without_quorum_give_a_snapshot_that_etcd_reads(string name)
    {
        var release = EtcdBinaries.Get(name);
        await using var live = await EtcdTestCluster.StartAsync(release, new() { Members = 3 });
        var load = await EtcdLoad.OpenAsync(live);
        await load.PutSequenceAsync(500);
        await using var cluster = await (live.Options() with { RequestTimeout = TimeSpan.FromSeconds(1) }).OpenAsync();
        var statuses = await Task.WhenAll(live.Endpoints.Select(e => cluster.GetStatusAsync(e, TestContext.Current.CancellationToken)));
        var leader = Array.FindIndex(statuses, s => s.IsLeader);

        var outcome = await cluster.BackUpAsync(_temp["three.db"]);
        var snapshot = outcome.Succeed();
        Assert.NotEqual(live.Endpoints[leader], snapshot.Source);
        var chosen = live.Members.Single(m => m.ClientUrl == snapshot.Source).Name;
        Assert.Equal($"3 members answer; {chosen} chosen: healthy, not the leader, 0 entries behind.", outcome.Decisions[0]);
        Assert.Equal(VerificationLevel.Full, snapshot.Verified);
        Assert.Equal((release.Version, "prod", "three.db", true), (snapshot.SourceVersion, snapshot.Cluster, snapshot.Name, snapshot.DigestPresent));
        Assert.Equal(await load.RevisionAsync(), snapshot.Revision);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(snapshot.Path));
        var status = System.Text.Json.Nodes.JsonNode.Parse(await release.SnapshotAsync("status", snapshot.Path, "--write-out=json"))!;
        Assert.Equal((uint)status["hash"]!, snapshot.TestResult!.Status!.Hash);

        // A member that hangs is not chosen, whichever it is.
        var follower = live.Members.First(m => m.ClientUrl == snapshot.Source);
        follower.Freeze();
        outcome = await cluster.BackUpAsync(_temp["two.db"]);
        Assert.NotEqual(follower.ClientUrl, outcome.Succeed().Source);
        Assert.StartsWith("2 members answer; ", outcome.Decisions[0], StringComparison.Ordinal);
        follower.Thaw();

        // Two of three are lost for good: what the last one has is worth more than nothing.
        await live.KillMemberAsync(leader);
        await live.KillMemberAsync((leader + 1) % 3);
        var last = live.Members[(leader + 2) % 3];
        await Eventually.IsTrueAsync(async () => (await cluster.GetStatusAsync(last.ClientUrl, TestContext.Current.CancellationToken)).LeaderId == 0, "the last member knows no leader");
        outcome = await cluster.BackUpAsync(_temp["one.db"]);
        Assert.Equal(last.ClientUrl, outcome.Succeed().Source);
        Assert.Contains("without a leader", outcome.Decisions[0], StringComparison.Ordinal);
        Assert.Equal(snapshot.Revision, outcome.Snapshot!.Revision);
        Assert.Equal(["one.db", "three.db", "two.db"], _temp.List());

        // And nobody is left.
        await last.KillAsync();
        (await cluster.BackUpAsync(_temp["none.db"])).FailsWith<EtcdEndpointUnreachableException>();
        Assert.Equal(["one.db", "three.db", "two.db"], _temp.List());
    }

    [Fact]
    public async Task A_follower_that_lags_far_behind_is_chosen_last_and_a_little_lag_does_not_burden_the_leader()
    {
        await using var live = await EtcdTestCluster.StartAsync(EtcdBinaries.V35, new() { Members = 3 });
        var lag = new Dictionary<Uri, ulong>();
        await using var cluster = new FaultyCluster(await live.Options().OpenAsync())
        {
            Status = s => s with { RaftAppliedIndex = 1_000_000 - lag.GetValueOrDefault(s.Endpoint) },
        };
        var leader = (await Task.WhenAll(live.Endpoints.Select(e => cluster.GetStatusAsync(e, TestContext.Current.CancellationToken)))).Single(s => s.IsLeader).Endpoint;
        var followers = live.Endpoints.Where(e => e != leader).ToArray();

        (lag[followers[0]], lag[followers[1]]) = (7, 3);
        Assert.Equal(followers[1], (await cluster.BackUpAsync(_temp["a.db"])).Succeed().Source);

        (lag[followers[0]], lag[followers[1]]) = (200_000, 100_000);
        var outcome = await cluster.BackUpAsync(_temp["b.db"]);
        Assert.Equal(leader, outcome.Succeed().Source);
        Assert.Contains("the leader, 0 entries behind", outcome.Decisions[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3.4")]
    [InlineData("3.5")]
    public async Task A_user_without_the_root_role_is_told_so_and_one_with_it_gets_a_snapshot_with_auth_on(string name)
    {
        await using var live = await EtcdTestCluster.StartAsync(EtcdBinaries.Get(name), new() { Tls = true, EnableAuth = true });
        await live.EtcdctlAsync("user", "add", "reader:secret");

        (await (live.Options() with { UserName = "reader", Password = "secret" }).BackUpAsync(_temp["a.db"])).FailsWith<EtcdPermissionDeniedException>();
        Assert.Empty(_temp.List());

        var snapshot = (await live.Options().BackUpAsync(_temp["a.db"])).Succeed();
        Assert.True(snapshot.Metadata!.IsAuthEnabled);
    }

    [Fact]
    public async Task An_empty_cluster_gives_a_snapshot_too()
    {
        await using var live = await EtcdTestCluster.StartAsync(EtcdBinaries.V34);

        var snapshot = (await live.Options().BackUpAsync(_temp["empty.db"], o => o with { Level = VerificationLevel.Boot, EtcdPath = EtcdBinaries.V34.Etcd })).Succeed();

        Assert.Equal(VerificationLevel.Boot, snapshot.Verified);
        Assert.True(snapshot.TestResult!.IsValid);
        using var reader = SnapshotKeyReader.Open(snapshot.Path);
        Assert.Empty(reader.Read(DrPowerShell.Etcd.Mvcc.EtcdKeyRange.All));
        Assert.Empty(reader.Read(DrPowerShell.Etcd.Mvcc.EtcdKeyRange.All, revision: 1));
    }
}
