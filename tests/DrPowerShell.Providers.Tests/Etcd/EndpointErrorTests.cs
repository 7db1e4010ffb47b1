using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Etcd;

/// <summary>Endpoints that are wrong, dead or something else: each its own error, and soon.</summary>
public sealed class EndpointErrorTests(SharedClusters clusters)
{
    [Fact]
    public async Task A_port_that_nobody_listens_on_is_unreachable()
    {
        var url = new Uri($"http://127.0.0.1:{FreePorts.Next()}");
        var error = await Assert.ThrowsAsync<EtcdEndpointUnreachableException>(() => ConnectAsync(url));
        Assert.Equal(url, error.Endpoint);
        Assert.Contains("refused", error.Message);
        Assert.Equal("EtcdEndpointUnreachable", error.ErrorId);
    }

    [Fact]
    public async Task A_host_that_has_no_address_is_unreachable()
    {
        var error = await Assert.ThrowsAsync<EtcdEndpointUnreachableException>(() => ConnectAsync(new Uri("https://no-such-host.invalid:2379")));
        Assert.Contains("no-such-host.invalid", error.Message);
    }

    [Fact]
    public async Task Of_several_unreachable_endpoints_each_is_named()
    {
        Uri[] urls = [new($"http://127.0.0.1:{FreePorts.Next()}"), new($"http://127.0.0.1:{FreePorts.Next()}")];
        var error = await Assert.ThrowsAsync<EtcdEndpointUnreachableException>(() => ConnectAsync(urls));
        Assert.All(urls, url => Assert.Contains(url.Authority, error.Message));
    }

    [Fact]
    public async Task A_connection_that_is_closed_at_once_is_unreachable()
    {
        await using var proxy = new DelayingProxy(new Uri("http://127.0.0.1:1")) { RefusesConnections = true };
        await Assert.ThrowsAsync<EtcdEndpointUnreachableException>(() => ConnectAsync(proxy.Url));
    }

    [Theory]
    [InlineData("localhost:2379")]
    [InlineData("ftp://localhost:2379")]
    [InlineData("http://localhost:2379/v3")]
    [InlineData("relative")]
    public async Task What_is_no_client_URL_is_refused_before_anything_is_sent(string text)
    {
        var error = await Assert.ThrowsAsync<EtcdEndpointNotValidException>(() => ConnectAsync(new Uri(text, UriKind.RelativeOrAbsolute)));
        Assert.Equal(text, error.Subject);
    }

    [Fact]
    public async Task A_password_in_a_URL_is_refused_and_not_repeated()
    {
        var error = await Assert.ThrowsAsync<EtcdEndpointNotValidException>(() => ConnectAsync(new Uri("http://root:hunter2@localhost:2379")));
        Assert.DoesNotContain("hunter2", error.ToString());
        Assert.Contains("-Credential", error.Message);
    }

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task Plain_http_to_a_TLS_port_says_so(EtcdRelease release)
    {
        var cluster = await clusters.GetAsync(release, tls: true);
        var error = await Assert.ThrowsAsync<EtcdEndpointSpeaksTlsException>(() => ConnectAsync(Other(cluster.Endpoints[0], "http")));
        Assert.Contains("https", error.RecommendedAction);
    }

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task Https_to_a_plain_port_says_so(EtcdRelease release)
    {
        var cluster = await clusters.GetAsync(release);
        await Assert.ThrowsAsync<EtcdEndpointNotTlsException>(() => ConnectAsync(Other(cluster.Endpoints[0], "https")));
    }

    [Theory]
    [MemberData(nameof(Releases.Rows), MemberType = typeof(Releases))]
    public async Task A_metrics_port_is_no_client_port(EtcdRelease release)
    {
        var metrics = new Uri($"http://127.0.0.1:{FreePorts.Next()}");
        await using var cluster = await EtcdTestCluster.StartAsync(
            release, new EtcdClusterOptions { ExtraArguments = ["--listen-metrics-urls", metrics.GetLeftPart(UriPartial.Authority)] });
        var error = await Assert.ThrowsAsync<EtcdEndpointNotEtcdException>(() => ConnectAsync(metrics));
        Assert.Equal(metrics, error.Endpoint);
    }

    [Fact]
    public async Task A_server_of_another_protocol_is_no_etcd()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var greeting = GreetAsync(listener);
        var error = await Assert.ThrowsAsync<EtcdEndpointNotEtcdException>(() => ConnectAsync(new Uri($"http://{listener.LocalEndpoint}")));
        listener.Stop();
        await Assert.ThrowsAnyAsync<Exception>(() => greeting);
        Assert.Contains("220 mail", error.Message);
    }

    [Fact]
    public async Task A_dead_endpoint_beside_a_good_one_does_no_harm()
    {
        var cluster = await clusters.GetAsync(EtcdBinaries.V35);
        await using var connection = await Connections.OpenAsync(
            new() { Endpoints = [new($"http://127.0.0.1:{FreePorts.Next()}"), cluster.Endpoints[0]] });
        Assert.Single((await connection.GetMembersAsync(default)).Members);
    }

    [Fact]
    public async Task A_member_that_never_answers_ends_in_a_timeout()
    {
        var cluster = await clusters.GetAsync(EtcdBinaries.V35);
        await using var proxy = new DelayingProxy(cluster.Endpoints[0]);
        proxy.Stall();
        var options = new EtcdConnectionOptions { Endpoints = [proxy.Url], RequestTimeout = TimeSpan.FromSeconds(1) };
        var error = await Assert.ThrowsAsync<EtcdRequestTimedOutException>(() => Connections.OpenAsync(options));
        Assert.Equal(proxy.Url, error.Endpoint);
    }

    [Fact]
    public async Task A_TLS_handshake_that_never_ends_is_a_timeout()
    {
        var cluster = await clusters.GetAsync(EtcdBinaries.V35, tls: true);
        await using var proxy = new DelayingProxy(cluster.Endpoints[0]);
        proxy.Stall();
        var options = new EtcdConnectionOptions { Endpoints = [proxy.Url], ConnectTimeout = TimeSpan.FromSeconds(1) };
        await Assert.ThrowsAsync<EtcdRequestTimedOutException>(() => Connections.OpenAsync(options));
    }

    [Fact]
    public async Task Cancelling_a_connect_that_hangs_ends_it_at_once()
    {
        var cluster = await clusters.GetAsync(EtcdBinaries.V35);
        await using var proxy = new DelayingProxy(cluster.Endpoints[0]);
        proxy.Stall();
        using var source = new CancellationTokenSource();
        var connecting = Connections.OpenAsync(new() { Endpoints = [proxy.Url], RequestTimeout = TimeSpan.FromMinutes(1) }, source.Token);
        var clock = Stopwatch.StartNew();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    private static async Task GreetAsync(TcpListener listener)
    {
        while (true)
        {
            using var client = await listener.AcceptTcpClientAsync();
            var stream = client.GetStream();
            await stream.WriteAsync("220 mail.example ESMTP ready\r\n"u8.ToArray());
            while (await stream.ReadAsync(new byte[1024]) > 0)
            {
            }
        }
    }

    private static Task<IEtcdCluster> ConnectAsync(params Uri[] urls) => Connections.OpenAsync(new() { Endpoints = urls });

    private static Uri Other(Uri url, string scheme) => new UriBuilder(url) { Scheme = scheme }.Uri;
}
