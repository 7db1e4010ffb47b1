using System.Security.Cryptography;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Providers.Tests.Stores;

/// <summary>A server that fails now and then, and connections that break: nothing is lost, nothing half appears.</summary>
public sealed class S3FaultTests(S3Buckets buckets)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Parts_that_are_cut_refused_or_lost_are_sent_again_and_the_object_is_whole()
    {
        var seen = 0;
        await using var proxy = await ProxyAsync(head => !IsPart(head) ? null : (++seen % 7) switch
        {
            1 => new HttpFault.CutRequest(100_000),
            2 => HttpFault.Error(503, "SlowDown"),
            4 => new HttpFault.CutAnswer(20),
            5 => HttpFault.Error(500, "InternalError"),
            _ => null,
        });
        await using var store = await OpenAsync(proxy);
        var bytes = RandomNumberGenerator.GetBytes(35 << 20);
        await PutAsync(store, "prod/cut", bytes);
        Assert.True(seen > 8, $"{seen} parts were sent, and the faults were not met");
        Assert.Equal(SHA256.HashData(bytes), await HashAsync(store, "prod/cut"));
        Assert.Empty(await UnfinishedAsync(store));
    }

    [Fact]
    public async Task Every_kind_of_request_is_repeated_after_a_passing_disturbance()
    {
        var seen = 0;
        await using var proxy = await ProxyAsync(_ => (seen++ % 2) switch
        {
            0 => (seen % 6) switch { 1 => HttpFault.Error(503, "SlowDown"), 3 => new HttpFault.CutAnswer(0), _ => HttpFault.Error(500, "InternalError") },
            _ => null,
        });
        await using var store = await OpenAsync(proxy);
        await store.PutAsync("prod/a", new byte[100], new(), Token);
        await PutAsync(store, "prod/b", new byte[9 << 20]);
        Assert.Equal(100, (await store.FindAsync("prod/a", Token))!.Size);
        Assert.Equal(100, (await store.ReadAllAsync("prod/a", Token)).Length);
        Assert.Equal(2, await store.ListAsync("", Token).CountAsync(Token));
        await store.DeleteAsync("prod/a", Token);
        Assert.Null(await store.FindAsync("prod/a", Token));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(9 << 20)]
    public async Task A_new_object_whose_answer_was_lost_is_known_as_ours_when_the_repetition_finds_it(int length)
    {
        var cuts = 0;
        await using var proxy = await ProxyAsync(head =>
            (length < 1000 ? head.Method == "PUT" : head is { Method: "POST" } && head.Target.Contains("uploadId", StringComparison.Ordinal)) && ++cuts == 1 ? new HttpFault.CutAnswer(0) : null);
        await using var store = await OpenAsync(proxy);
        var upload = await store.BeginPutAsync("prod/once", new() { OnlyIfAbsent = true }, Token);
        await using var end = upload;
        await upload.WriteAsync(new byte[length], Token);
        Assert.Equal(length, (await upload.CompleteAsync(Token)).Size);
        Assert.Equal(2, cuts);
        await Assert.ThrowsAsync<BlobExistsException>(() => store.PutAsync("prod/once", new byte[1], new() { OnlyIfAbsent = true }, Token));
    }

    [Fact]
    public async Task A_read_that_breaks_goes_on_where_it_broke()
    {
        var cuts = 0;
        await using var proxy = await ProxyAsync(head => head.Method == "GET" && head.Target.Contains("/prod/", StringComparison.Ordinal) && ++cuts < 5 ? new HttpFault.CutAnswer(2_000_000) : null);
        await using var store = await OpenAsync(proxy);
        var bytes = RandomNumberGenerator.GetBytes(9 << 20);
        await PutAsync(store, "prod/x", bytes);
        Assert.Equal(SHA256.HashData(bytes), await HashAsync(store, "prod/x"));
        Assert.Equal(5, cuts);
    }

    [Fact]
    public async Task A_read_of_an_object_that_is_replaced_meanwhile_fails_instead_of_mixing_two()
    {
        await using var direct = await OpenAsync(null, "replaced");
        await PutAsync(direct, "prod/x", RandomNumberGenerator.GetBytes(3 << 20));
        var reads = 0;
        await using var proxy = await ProxyAsync(head =>
        {
            if (head.Method != "GET" || !head.Target.Contains("/prod/", StringComparison.Ordinal) || ++reads == 1)
            {
                return reads == 1 ? new HttpFault.CutAnswer(1_000_000) : null;
            }

            // At the moment at which the reader has come back for the rest.
            PutAsync(direct, "prod/x", RandomNumberGenerator.GetBytes(3 << 20)).GetAwaiter().GetResult();
            return null;
        });
        await using var store = await OpenAsync(proxy, "replaced");
        var source = await store.OpenReadAsync("prod/x", 0, null, Token);
        await using var end = source;
        await Assert.ThrowsAsync<StoreFailedException>(() => source.CopyToAsync(Stream.Null, Token));
    }

    [Fact]
    public async Task A_server_that_fails_for_good_is_told_and_nothing_appears()
    {
        var isDown = false;
        await using var proxy = await ProxyAsync(_ => isDown ? HttpFault.Error(503, "ServiceUnavailable") : null);
        await using var store = await OpenAsync(proxy, "down");
        var upload = await store.BeginPutAsync("prod/big", new(), Token);
        await upload.WriteAsync(new byte[17 << 20], Token);
        isDown = true;
        // What the writer's death would leave too: he cannot abort it any more.
        var error = await Assert.ThrowsAsync<StoreFailedException>(async () =>
        {
            await upload.WriteAsync(new byte[40 << 20], Token);
            await upload.CompleteAsync(Token);
        });
        Assert.Contains("ServiceUnavailable", error.Message);
        await upload.DisposeAsync();

        await using var other = await OpenAsync(null, "down");
        Assert.Null(await other.FindAsync("prod/big", Token));
        var unfinished = Assert.Single(await UnfinishedAsync(other));
        Assert.Equal("prod/big", unfinished.Name);
        await other.AbortAsync(unfinished, Token);
        await other.AbortAsync(unfinished, Token);
        Assert.Empty(await UnfinishedAsync(other));
    }

    [Fact]
    public async Task A_server_that_hangs_is_told_as_a_timeout()
    {
        var isHung = false;
        await using var proxy = await ProxyAsync(_ => isHung ? new HttpFault.Hang() : null);
        await using var store = await OpenAsync(proxy, patience: S3Stores.Quick with { Answer = TimeSpan.FromSeconds(1), Retries = 1 });
        isHung = true;
        await Assert.ThrowsAsync<StoreTimedOutException>(() => store.PutAsync("x", new byte[10], new(), Token));
        Assert.Equal(2, proxy.Requests.Count(r => r.Method == "PUT"));
    }

    [Fact]
    public async Task A_stopped_upload_stops_at_once_and_leaves_nothing()
    {
        var isHung = false;
        await using var proxy = await ProxyAsync(head => isHung && IsPart(head) ? new HttpFault.Hang() : null);
        await using var store = await OpenAsync(proxy);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var upload = await store.BeginPutAsync("prod/stopped", new(), Token);
        isHung = true;
        stop.CancelAfter(200);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await upload.WriteAsync(new byte[80 << 20], stop.Token));
        await upload.DisposeAsync();
        Assert.Empty(await UnfinishedAsync(store));
        Assert.Null(await store.FindAsync("prod/stopped", Token));
    }

    private static bool IsPart(HttpHead head) => head.Method == "PUT" && head.Target.Contains("partNumber", StringComparison.Ordinal);

    private static async Task<FaultyHttpProxy> ProxyAsync(Func<HttpHead, HttpFault?> fault)
    {
        var gate = new Lock();
        return new((await CephServer.SharedAsync()).Endpoint, head =>
        {
            lock (gate)
            {
                return fault(head);
            }
        });
    }

    private async Task<IBlobStore> OpenAsync(FaultyHttpProxy? proxy, string? prefix = null, Providers.S3.S3Patience? patience = null) =>
        await S3Stores.OpenAsync(S3Stores.Options(await CephServer.SharedAsync(), await buckets.PlainAsync(), prefix ?? S3Stores.NewPrefix(), proxy?.Url), patience);

    private static async Task PutAsync(IBlobStore store, string name, byte[] bytes)
    {
        var upload = await store.BeginPutAsync(name, new(), Token);
        await using var end = upload;
        await upload.WriteAsync(bytes, Token);
        await upload.CompleteAsync(Token);
    }

    private static async Task<byte[]> HashAsync(IBlobStore store, string name)
    {
        var source = await store.OpenReadAsync(name, 0, null, Token);
        await using var end = source;
        return await SHA256.HashDataAsync(source, Token);
    }

    private static async Task<IReadOnlyList<UnfinishedUpload>> UnfinishedAsync(IBlobStore store) => await store.ListUnfinishedAsync("", Token).ToListAsync(Token);
}
