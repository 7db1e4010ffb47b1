using System.Runtime.Versioning;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Backups;

/// <summary>Three members with a database of some megabytes; a test that kills one starts it again.</summary>
public sealed class LoadedTrio : IAsyncLifetime
{
    public EtcdTestCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.V35, new() { Members = 3 });
        await (await EtcdLoad.OpenAsync(Cluster)).PutSequenceAsync(1500, valueSize: 4000);
    }

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}

[UnsupportedOSPlatform("windows")]
public sealed class BrokenStreamTests(LoadedTrio loaded) : IClassFixture<LoadedTrio>, IDisposable
{
    private readonly TempFolder _temp = new("stream");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private EtcdTestCluster Live => loaded.Cluster;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_connection_that_breaks_mid_stream_is_made_up_for_by_another_member()
    {
        await using var proxies = new Proxies(Live);
        await using var cluster = await proxies.Options.OpenAsync();
        foreach (var proxy in await proxies.FollowersAsync(cluster))
        {
            proxy.CutAfterBytes = proxy.BytesToClient + 2_000_000;
        }

        var outcome = await cluster.BackUpAsync(_temp["a.db"]);

        var snapshot = outcome.Succeed();
        Assert.Equal(2, outcome.Decisions.Count(d => d.Contains(" failed after ", StringComparison.Ordinal)));
        Assert.Equal(2, outcome.Decisions.Count(d => d.StartsWith("Going on with ", StringComparison.Ordinal)));
        Assert.True((await new SnapshotVerifier().VerifyAsync(snapshot.Path, VerificationLevel.Full, null, Token)).IsValid);
        Assert.Equal(["a.db"], _temp.List());
    }

    [Fact]
    public async Task A_lone_member_whose_connection_breaks_is_a_typed_error_and_leaves_nothing()
    {
        await using var proxy = new DelayingProxy(Live.Endpoints[0]);
        foreach (var bytes in new[] { 500_000, 3_000_000, 6_000_000 })
        {
            proxy.CutAfterBytes = null;
            await using var cluster = await (Live.Options() with { Endpoints = [proxy.Url] }).OpenAsync();
            proxy.CutAfterBytes = proxy.BytesToClient + bytes;

            var outcome = await cluster.BackUpAsync(_temp["a.db"]);

            // A reset takes what the client had not read yet with it: that may have been the whole stream.
            Assert.True(outcome.Error is EtcdSnapshotStreamBrokenException or EtcdEndpointUnreachableException, $"{outcome.Error}");
            Assert.Equal(proxy.Url, outcome.Error.Subject);
            Assert.Empty(_temp.List());
        }
    }

    [Fact]
    public async Task A_member_that_falls_silent_is_given_up_in_time()
    {
        await using var proxy = new DelayingProxy(Live.Endpoints[0]);
        await using var cluster = await (Live.Options() with { Endpoints = [proxy.Url], StreamIdleTimeout = TimeSpan.FromMilliseconds(700) }).OpenAsync();
        // Slow enough that the stream cannot be through before it is stalled.
        proxy.Delay = TimeSpan.FromMilliseconds(5);
        var watch = new Watch<BackupProgress>(p =>
        {
            if (p.Done > 1_000_000)
            {
                proxy.Stall();
            }
        });

        var error = (await cluster.BackUpAsync(_temp["a.db"], progress: watch)).FailsWith<EtcdSnapshotStreamStalledException>();

        Assert.Equal(proxy.Url, error.Subject);
        Assert.Empty(_temp.List());
    }

    [Fact]
    public async Task A_member_that_is_killed_mid_stream_is_made_up_for_by_another_one()
    {
        await using var proxies = new Proxies(Live);
        await using var cluster = await (proxies.Options with { RequestTimeout = TimeSpan.FromSeconds(2) }).OpenAsync();
        var killed = -1;
        var killing = Task.CompletedTask;
        foreach (var proxy in proxies.All)
        {
            proxy.Delay = TimeSpan.FromMilliseconds(5);
        }

        var watch = new Watch<BackupProgress>(p =>
        {
            if (p.Done > 1_000_000 && killed < 0)
            {
                killed = Enumerable.Range(0, 3).MaxBy(i => proxies.All[i].BytesToClient);
                killing = Live.KillMemberAsync(killed);
                proxies.All[killed].Stall();
                killing.Wait(Token);
                proxies.All[killed].Cut();
                proxies.All[killed].Resume();
            }
        });

        var outcome = await cluster.BackUpAsync(_temp["a.db"], progress: watch);
        await killing;
        await Live.StartMemberAsync(killed);

        Assert.NotEqual(proxies.All[killed].Url, outcome.Succeed().Source);
        Assert.Contains(outcome.Decisions, d => d.StartsWith("Going on with ", StringComparison.Ordinal));
        Assert.Equal(["a.db"], _temp.List());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_whose_digest_is_wrong_is_asked_of_the_next_member(bool truncated)
    {
        Uri? bad = null;
        await using var cluster = new FaultyCluster(await Live.Options().OpenAsync())
        {
            Piece = (endpoint, index, bytes) =>
            {
                bad ??= endpoint;
                if (endpoint == bad && index == 20)
                {
                    bytes[100] ^= 1;
                    return truncated ? null : bytes;
                }

                return bytes;
            },
        };

        var outcome = await cluster.BackUpAsync(_temp["a.db"]);

        Assert.NotEqual(bad, outcome.Succeed().Source);
        Assert.Equal(2, cluster.Asked.Count);
        Assert.True((await new SnapshotVerifier().VerifyAsync(_temp["a.db"], VerificationLevel.Full, null, Token)).IsValid);
        Assert.Equal(["a.db"], _temp.List());
    }

    [Fact]
    public async Task A_digest_that_is_wrong_from_every_member_is_a_typed_error_and_leaves_nothing()
    {
        await using var cluster = new FaultyCluster(await Live.Options().OpenAsync())
        {
            Piece = (_, index, bytes) =>
            {
                bytes[^1] ^= index == 3 ? (byte)0x40 : (byte)0;
                return bytes;
            },
        };

        var error = (await cluster.BackUpAsync(_temp["a.db"])).FailsWith<SnapshotStreamDamagedException>();

        Assert.Equal(_temp["a.db"], error.Subject);
        Assert.Equal(3, cluster.Asked.Distinct().Count());
        Assert.Empty(_temp.List());
    }

    private sealed class Proxies(EtcdTestCluster live) : IAsyncDisposable
    {
        public DelayingProxy[] All { get; } = [.. live.Endpoints.Select(e => new DelayingProxy(e))];

        public EtcdConnectionOptions Options => live.Options() with { Endpoints = [.. All.Select(p => p.Url)] };

        public async Task<IReadOnlyList<DelayingProxy>> FollowersAsync(IEtcdCluster cluster)
        {
            var statuses = await Task.WhenAll(All.Select(p => cluster.GetStatusAsync(p.Url, Token)));
            return [.. All.Where((_, i) => !statuses[i].IsLeader)];
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var proxy in All)
            {
                await proxy.DisposeAsync();
            }
        }
    }
}
