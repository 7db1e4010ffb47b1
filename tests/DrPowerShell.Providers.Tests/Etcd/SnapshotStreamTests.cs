using System.Diagnostics;
using System.Net.NetworkInformation;
using System.Security.Cryptography;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Etcd;

/// <summary>Snapshots of a member that has enough to stream: whole, cut, silent, cancelled.</summary>
public sealed class SnapshotStreamTests : IAsyncLifetime
{
    private EtcdTestCluster _real = null!;
    private DelayingProxy _proxy = null!;

    public async ValueTask InitializeAsync()
    {
        _real = await EtcdTestCluster.StartAsync(EtcdBinaries.V35);
        await (await EtcdLoad.OpenAsync(_real)).PutSequenceAsync(300, valueSize: 200_000);
        _proxy = new DelayingProxy(_real.Endpoints[0]);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _real.DisposeAsync();
    }

    [Fact]
    public async Task A_whole_stream_is_the_image_and_its_digest_and_counts_down_to_nothing()
    {
        await using var cluster = await OpenAsync();
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (previous, received) = (long.MaxValue, 0L);
        var last = Array.Empty<byte>();
        await foreach (var piece in cluster.ReadSnapshotAsync(_proxy.Url, default))
        {
            digest.AppendData(last);
            last = piece.Blob.ToArray();
            Assert.True(piece.RemainingBytes <= previous);
            Assert.Null(piece.StorageVersion);
            (previous, received) = (piece.RemainingBytes, received + last.Length);
        }

        Assert.Equal(0, previous);
        Assert.Equal(32, last.Length);
        Assert.Equal(digest.GetHashAndReset(), last);
        Assert.InRange(received, 60_000_000, long.MaxValue);
    }

    [Fact]
    public async Task A_cut_stream_names_the_member_and_what_had_come()
    {
        await using var cluster = await OpenAsync();
        _proxy.CutAfterBytes = 5_000_000;
        var error = await Assert.ThrowsAsync<EtcdSnapshotStreamBrokenException>(() => cluster.ReadWholeSnapshotAsync(_proxy.Url));
        Assert.Equal(_proxy.Url, error.Endpoint);
        // What the system holds back when a connection is reset was never given out.
        Assert.InRange(error.BytesReceived, 1, 5_000_000);
        Assert.Contains("connection was lost", error.Message);
    }

    [Fact]
    public async Task A_member_that_is_killed_mid_stream_breaks_it()
    {
        await using var cluster = await OpenAsync();
        _proxy.Delay = TimeSpan.FromMilliseconds(5);
        await Assert.ThrowsAsync<EtcdSnapshotStreamBrokenException>(async () =>
        {
            await foreach (var piece in cluster.ReadSnapshotAsync(_proxy.Url, default))
            {
                if (piece.RemainingBytes < 50_000_000 && _real.Members[0].IsRunning)
                {
                    await _real.KillMemberAsync(0);
                }
            }
        });
    }

    [Fact]
    public async Task A_silent_stream_is_given_up_after_the_idle_timeout()
    {
        await using var cluster = await OpenAsync(o => o with { StreamIdleTimeout = TimeSpan.FromSeconds(1) });
        var clock = new Stopwatch();
        var error = await Assert.ThrowsAsync<EtcdSnapshotStreamStalledException>(async () =>
        {
            await foreach (var piece in cluster.ReadSnapshotAsync(_proxy.Url, default))
            {
                if (!clock.IsRunning)
                {
                    _proxy.Stall();
                    clock.Start();
                }
            }
        });
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(1), error.Timeout);
        Assert.True(error.BytesReceived > 0);
    }

    [Fact]
    public async Task A_reader_that_takes_its_time_is_no_silent_stream()
    {
        await using var cluster = await OpenAsync(o => o with { StreamIdleTimeout = TimeSpan.FromSeconds(1) });
        var paused = false;
        await foreach (var piece in cluster.ReadSnapshotAsync(_proxy.Url, default))
        {
            if (!paused)
            {
                paused = true;
                var clock = Stopwatch.StartNew();
                await Eventually.IsTrueAsync(() => clock.Elapsed > TimeSpan.FromSeconds(2), "the reader has paused");
            }
        }
    }

    [Fact]
    public async Task A_slow_stream_comes_to_its_end()
    {
        await using var cluster = await OpenAsync(o => o with { StreamIdleTimeout = TimeSpan.FromSeconds(5) });
        _proxy.Delay = TimeSpan.FromMilliseconds(3);
        var image = await cluster.ReadWholeSnapshotAsync(_proxy.Url);
        Assert.Equal(SHA256.HashData(image.AsSpan(0, image.Length - 32)), image[^32..]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_that_is_left_early_is_over_at_once_and_leaves_no_connection(bool cancel)
    {
        await using var cluster = await OpenAsync();
        using var source = new CancellationTokenSource();
        var clock = new Stopwatch();
        async Task ReadSomeAsync()
        {
            await foreach (var piece in cluster.ReadSnapshotAsync(_proxy.Url, source.Token))
            {
                if (piece.RemainingBytes < 55_000_000)
                {
                    clock.Start();
                    if (!cancel)
                    {
                        break;
                    }

                    await source.CancelAsync();
                }
            }
        }

        if (cancel)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(ReadSomeAsync);
        }
        else
        {
            await ReadSomeAsync();
        }

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));

        // One is left: the cluster's own, on which it goes on asking.
        await Eventually.IsTrueAsync(() => Connections(_proxy.Url.Port) == 1, "the stream's connection is closed", TimeSpan.FromSeconds(10));
        Assert.Equal(_real.Release.Version, (await cluster.GetStatusAsync(_proxy.Url, default)).Version);
    }

    [Fact]
    public async Task Two_streams_and_requests_go_side_by_side()
    {
        await using var cluster = await OpenAsync();
        var streams = Enumerable.Range(0, 2).Select(_ => cluster.ReadWholeSnapshotAsync(_proxy.Url)).ToList();
        for (var i = 0; i < 20; i++)
        {
            await cluster.GetStatusAsync(_proxy.Url, default);
        }

        Assert.All(await Task.WhenAll(streams), image => Assert.Equal(SHA256.HashData(image.AsSpan(0, image.Length - 32)), image[^32..]));
    }

    [Fact]
    public async Task A_stream_that_cannot_begin_says_why()
    {
        await using var cluster = await OpenAsync();
        var nobody = new Uri($"http://127.0.0.1:{FreePorts.Next()}");
        await Assert.ThrowsAsync<EtcdEndpointUnreachableException>(() => cluster.ReadWholeSnapshotAsync(nobody));
        var secure = new UriBuilder(_proxy.Url) { Scheme = "https" }.Uri;
        await Assert.ThrowsAsync<EtcdEndpointNotTlsException>(() => cluster.ReadWholeSnapshotAsync(secure));
    }

    [Fact]
    public async Task Closing_the_connection_ends_its_streams()
    {
        var cluster = await OpenAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
        {
            await foreach (var piece in cluster.ReadSnapshotAsync(_proxy.Url, default))
            {
                await cluster.DisposeAsync();
            }
        });
    }

    private Task<IEtcdCluster> OpenAsync(Func<EtcdConnectionOptions, EtcdConnectionOptions>? change = null)
    {
        var options = new EtcdConnectionOptions { Endpoints = [_proxy.Url] };
        return Etcd.Connections.OpenAsync(change?.Invoke(options) ?? options);
    }

    private static int Connections(int port) => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections()
        .Count(c => c.RemoteEndPoint.Port == port && c.State == TcpState.Established);
}
