using System.Net;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Providers.Tests.Stores;

/// <summary>The contract of stores, held by a bucket that is a host of its own (virtual-host style). The name is known to a proxy alone, which the whole process uses.</summary>
[Collection(AloneCollection.Name)]
public sealed class S3VirtualHostContractTests(S3Buckets buckets) : BlobStoreContractTests, IAsyncLifetime
{
    private readonly string _prefix = S3Stores.NewPrefix();
    private readonly IWebProxy _before = HttpClient.DefaultProxy;
    private FaultyHttpProxy _proxy = null!;
    private string _bucket = "";

    public async ValueTask InitializeAsync()
    {
        var server = await CephServer.SharedAsync();
        _bucket = await buckets.PlainAsync();
        _proxy = new FaultyHttpProxy(server.Endpoint, _ => null);
        HttpClient.DefaultProxy = new ProxyOf(server.NamedEndpoint.Host, _proxy.Url);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        HttpClient.DefaultProxy = _before;
        await _proxy.DisposeAsync();
    }

    [Fact]
    public async Task Every_request_names_the_bucket_in_its_host_and_nowhere_else()
    {
        await using (var store = await OpenAsync())
        {
            await store.PutAsync("prod/a b+ü.db", new byte[100], new(), TestContext.Current.CancellationToken);
            await store.DeleteAsync("prod/a b+ü.db", TestContext.Current.CancellationToken);
        }

        var host = $"{_bucket}.{(await CephServer.SharedAsync()).NamedEndpoint.Authority}";
        Assert.NotEmpty(_proxy.Requests);
        Assert.All(_proxy.Requests, request =>
        {
            Assert.Equal(host, request.Headers["host"]);
            Assert.DoesNotContain(_bucket, request.Target, StringComparison.Ordinal);
        });
    }

    protected override async Task<IBlobStore> OpenAsync()
    {
        var server = await CephServer.SharedAsync();
        var options = S3Stores.Options(server, _bucket, _prefix, server.NamedEndpoint);
        return await S3Stores.OpenAsync(options with { S3 = options.S3 with { PathStyle = false } });
    }

    /// <summary>Leads to the hosts below a name, and to no other.</summary>
    private sealed class ProxyOf(string name, Uri proxy) : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri GetProxy(Uri destination) => proxy;

        public bool IsBypassed(Uri host) => !host.Host.EndsWith("." + name, StringComparison.Ordinal);
    }
}
