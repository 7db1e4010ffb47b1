using System.Diagnostics;
using System.Security.Cryptography;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Etcd;

/// <summary>Members that die, hang or lag, and a cluster that loses its quorum.</summary>
public sealed class QuorumTests
{
    private static readonly EtcdClusterOptions Three = new() { Members = 3 };

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task Every_member_answers_for_itself_and_hashes_the_same(EtcdRelease release)
    {
        await using var real = await EtcdTestCluster.StartAsync(release, Three);
        await using var cluster = await real.ConnectAsync();
        var put = await cluster.PutAsync("/a", "1");
        await Eventually.IsTrueAsync(
            async () => (await StatusesAsync(cluster, real)).All(s => s.Revision == put.Revision), "every member has applied the write");

        var statuses = await StatusesAsync(cluster, real);
        Assert.Equal(3, statuses.Select(s => s.MemberId).Distinct().Count());
        Assert.Single(statuses, s => s.IsLeader);
        Assert.Single(statuses.Select(s => s.ClusterId).Distinct());
        Assert.Equal(statuses.Select(s => s.MemberId).Order(), (await cluster.GetMembersAsync(default)).Members.Select(m => m.Id).Order());

        var hashes = await Task.WhenAll(real.Endpoints.Select(e => cluster.GetHashKvAsync(e, put.Revision, default)));
        Assert.Single(hashes.Select(h => (h.Hash, h.Revision)).Distinct());
    }

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task Whichever_member_dies_the_others_answer(EtcdRelease release)
    {
        await using var real = await EtcdTestCluster.StartAsync(release, Three);
        await using var cluster = await real.ConnectAsync();
        for (var dead = 0; dead < 3; dead++)
        {
            await cluster.PutAsync("/before", $"{dead}");
            await real.KillMemberAsync(dead);
            Assert.Equal($"{dead}", Assert.Single((await cluster.GetAsync("/before")).Items).Value);

            // The connection's loss is known by now, so that the write is not sent into it.
            await cluster.PutAsync("/after", $"{dead}");
            Assert.Equal($"{dead}", Assert.Single((await cluster.GetAsync("/after")).Items).Value);
            Assert.Equal(3, (await cluster.GetMembersAsync(default)).Members.Count);
            await Assert.ThrowsAsync<EtcdEndpointUnreachableException>(() => cluster.GetStatusAsync(real.Endpoints[dead], default));
            await real.StartMemberAsync(dead);
            Assert.Equal(real.Release.Version, (await cluster.GetStatusAsync(real.Endpoints[dead], default)).Version);
        }
    }

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task Without_a_quorum_the_last_member_still_lists_members_reads_for_itself_and_gives_a_snapshot(EtcdRelease release)
    {
        await using var real = await EtcdTestCluster.StartAsync(release, new EtcdClusterOptions { Members = 3, EnableAuth = true });
        await using var cluster = await Connections.OpenAsync(real.Options() with { RequestTimeout = TimeSpan.FromSeconds(2) });
        await cluster.PutAsync("/a", "1");
        await Eventually.IsTrueAsync(async () => (await LocalAsync()).Count == 1, "the last member has applied the write");
        await real.KillMemberAsync(0);
        await real.KillMemberAsync(1);

        await Eventually.IsTrueAsync(
            async () => (await cluster.GetStatusAsync(real.Endpoints[2], default)).LeaderId == 0, "the last member has noticed");
        await Assert.ThrowsAsync<EtcdNoLeaderException>(() => cluster.GetAsync("/a"));
        await Assert.ThrowsAsync<EtcdNoLeaderException>(() => cluster.PutAsync("/a", "2"));
        await Assert.ThrowsAsync<EtcdNoLeaderException>(() => cluster.GetAlarmsAsync(default));
        Assert.Equal(3, (await cluster.GetMembersAsync(default)).Members.Count);
        Assert.Equal("1", Assert.Single(await LocalAsync()).Value);

        // The token was given while there was a quorum: without one, etcd gives none.
        var image = await cluster.ReadWholeSnapshotAsync(real.Endpoints[2]);
        Assert.Equal(SHA256.HashData(image.AsSpan(0, image.Length - 32)), image[^32..]);

        async Task<IReadOnlyList<EtcdKeyValue>> LocalAsync() => (await cluster.RangeAsync(
            new EtcdRangeRequest(EtcdKeyRange.Single("/a")) { Serializable = true, Endpoint = real.Endpoints[2] }, default)).Items;
    }

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task The_leader_s_death_is_waited_out(EtcdRelease release)
    {
        await using var real = await EtcdTestCluster.StartAsync(release, Three);
        await using var cluster = await Connections.OpenAsync(real.Options() with { RequestTimeout = TimeSpan.FromSeconds(10) });
        var leader = (await StatusesAsync(cluster, real)).Single(s => s.IsLeader).Endpoint;
        await using var others = await Connections.OpenAsync(
            cluster.Options with { Endpoints = [.. real.Endpoints.Where(e => e != leader)] });
        await real.KillMemberAsync(real.Endpoints.ToList().IndexOf(leader));

        // A read is tried again until there is a new leader; a write before that might be sent to the dead one, and its outcome be unknown.
        Assert.Empty((await others.GetAsync("/a")).Items);
        await others.PutAsync("/a", "1");
        Assert.Single((await others.GetAsync("/a")).Items);
    }

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task A_frozen_member_times_out_a_write_to_it_is_uncertain_and_it_is_well_again_when_it_thaws(EtcdRelease release)
    {
        await using var real = await EtcdTestCluster.StartAsync(release);
        await using var cluster = await Connections.OpenAsync(real.Options() with { RequestTimeout = TimeSpan.FromSeconds(1) });
        await cluster.PutAsync("/a", "1");
        real.Members[0].Freeze();

        var clock = Stopwatch.StartNew();
        var read = await Assert.ThrowsAsync<EtcdRequestTimedOutException>(() => cluster.GetStatusAsync(real.Endpoints[0], default));
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.FromSeconds(1), read.Timeout);
        await Assert.ThrowsAsync<EtcdRequestTimedOutException>(() => cluster.GetAsync("/a"));
        await Assert.ThrowsAsync<EtcdWriteOutcomeUnknownException>(() => cluster.PutAsync("/a", "2"));
        await Assert.ThrowsAsync<EtcdWriteOutcomeUnknownException>(() => cluster.DeleteAsync(EtcdKeyRange.Single("/a"), default));

        real.Members[0].Thaw();
        await Eventually.IsTrueAsync(async () => (await cluster.GetAsync("/b")).Items.Count == 0, "the member answers again");
        await cluster.PutAsync("/b", "3");
        Assert.Single((await cluster.GetAsync("/b")).Items);
    }

    [Fact]
    public async Task A_frozen_member_is_passed_over_for_reads()
    {
        await using var real = await EtcdTestCluster.StartAsync(EtcdBinaries.V35, Three);
        await using var cluster = await Connections.OpenAsync(real.Options() with { RequestTimeout = TimeSpan.FromSeconds(2) });
        await cluster.PutAsync("/a", "1");
        var statuses = await StatusesAsync(cluster, real);
        var frozen = real.Endpoints.Index().First(e => !statuses.Single(s => s.Endpoint == e.Item).IsLeader).Index;
        await using var preferring = await Connections.OpenAsync(
            cluster.Options with { Endpoints = [real.Endpoints[frozen], .. real.Endpoints.Where((_, i) => i != frozen)] });
        real.Members[frozen].Freeze();
        Assert.Single((await preferring.GetAsync("/a")).Items);
        var clock = Stopwatch.StartNew();
        Assert.Single((await preferring.GetAsync("/a")).Items);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1.5));
        real.Members[frozen].Thaw();
    }

    [Fact]
    public async Task Cancelling_a_request_that_hangs_ends_it_at_once()
    {
        await using var real = await EtcdTestCluster.StartAsync(EtcdBinaries.V35);
        await using var cluster = await Connections.OpenAsync(real.Options() with { RequestTimeout = TimeSpan.FromMinutes(2) });
        real.Members[0].Freeze();
        foreach (var act in new Func<CancellationToken, Task>[]
        {
            token => cluster.GetAsync("/a", token),
            token => cluster.PutAsync("/a", "1", token),
            cluster.GetMembersAsync,
            token => cluster.ReadWholeSnapshotAsync(real.Endpoints[0], token),
        })
        {
            using var source = new CancellationTokenSource();
            var running = act(source.Token);
            var clock = Stopwatch.StartNew();
            await source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
            Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        }
    }

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task A_learner_is_known_as_one_and_passed_over(EtcdRelease release)
    {
        await using var voter = await EtcdTestCluster.StartAsync(release);
        var plan = EtcdTestCluster.Plan(1);
        var added = plan.Members[0] with { Name = "learner" };
        await voter.EtcdctlAsync("member", "add", "learner", "--learner=true", $"--peer-urls={EtcdClusterPlan.Text(added.PeerUrl)}");
        var joined = new EtcdClusterPlan([added], voter.ClusterPlan.Token);
        await using var learner = EtcdTestCluster.Create(release, new EtcdClusterOptions
        {
            Plan = joined,
            InitialClusterState = "existing",
            ExtraArguments = ["--initial-cluster", $"{voter.ClusterPlan.InitialCluster},{joined.InitialCluster}"],
        });
        learner.Members[0].Start();
        var url = learner.Endpoints[0];
        await using var cluster = await voter.ConnectAsync();
        await Eventually.IsTrueAsync(
            async () => await cluster.GetStatusAsync(url, default) is { IsLearner: true, LeaderId: > 0 }, "the learner has joined");
        Assert.True((await cluster.GetMembersAsync(default)).Members.Single(m => m.Name == "learner").IsLearner);

        await Assert.ThrowsAsync<EtcdMemberIsLearnerException>(
            () => cluster.RangeAsync(new EtcdRangeRequest(EtcdKeyRange.All) { Endpoint = url }, default));
        await using var both = await Connections.OpenAsync(cluster.Options with { Endpoints = [url, voter.Endpoints[0]] });
        await both.PutAsync("/a", "1");
        Assert.Single((await both.GetAsync("/a")).Items);
    }

    private static Task<EtcdEndpointStatus[]> StatusesAsync(IEtcdCluster cluster, EtcdTestCluster real) =>
        Task.WhenAll(real.Members.Where(m => m.IsRunning).Select(m => cluster.GetStatusAsync(m.ClientUrl, default)));
}
