using Amazon.S3.Model;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Providers.S3;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Providers.Tests.Stores;

/// <summary>Object Lock: asked for, read back, and believed only then. And the versions that it makes a bucket keep.</summary>
public sealed class S3LockTests(S3Buckets buckets)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(BlobLockMode.Compliance, 100)]
    [InlineData(BlobLockMode.Governance, 100)]
    [InlineData(BlobLockMode.Compliance, 9 << 20)]
    public async Task A_locked_object_is_read_back_as_retained_and_is_not_removed(BlobLockMode mode, int length)
    {
        await using var store = await OpenAsync(await buckets.LockingAsync());
        var asked = new BlobRetention(mode, TimeProvider.System.GetUtcNow().AddMinutes(10));
        await PutAsync(store, "prod/locked", length, new() { Retention = asked, OnlyIfAbsent = true });

        var kept = await store.GetRetentionAsync("prod/locked", Token);
        Assert.NotNull(kept);
        Assert.Equal(mode, kept.Mode);
        Assert.InRange(kept.Until, asked.Until, asked.Until.AddSeconds(1));

        var error = await Assert.ThrowsAsync<BlobLockedException>(() => store.DeleteAsync("prod/locked", Token));
        Assert.Equal(kept.Until, error.Until);
        Assert.Equal(length, (await store.FindAsync("prod/locked", Token))!.Size);
    }

    [Fact]
    public async Task An_object_that_covers_a_locked_version_is_not_removed_either()
    {
        await using var store = await OpenAsync(await buckets.LockingAsync());
        await PutAsync(store, "prod/x", 10, new() { Retention = new(BlobLockMode.Compliance, TimeProvider.System.GetUtcNow().AddMinutes(10)) });
        await PutAsync(store, "prod/x", 20, new());
        await Assert.ThrowsAsync<BlobLockedException>(() => store.DeleteAsync("prod/x", Token));
        Assert.Equal(20, (await store.FindAsync("prod/x", Token))!.Size);
    }

    [Fact]
    public async Task Removing_an_object_removes_its_versions_and_not_only_its_sight()
    {
        await using var store = await OpenAsync(await buckets.LockingAsync());
        await PutAsync(store, "prod/x", 10, new());
        await PutAsync(store, "prod/x", 20, new());
        await PutAsync(store, "prod/x2", 30, new());
        Assert.Equal(3, await CountVersionsAsync(store));
        await store.DeleteAsync("prod/x", Token);
        Assert.Equal(1, await CountVersionsAsync(store));
        Assert.Equal("prod/x2", Assert.Single(await store.ListAsync("", Token).ToListAsync(Token)).Name);
        await store.DeleteAsync("prod/x", Token);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(9 << 20)]
    public async Task A_bucket_without_locks_is_told_and_nothing_is_stored(int length)
    {
        await using var store = await OpenAsync(await buckets.PlainAsync());
        await Assert.ThrowsAsync<LockNotHonouredException>(() => PutAsync(
            store, "prod/x", length, new() { Retention = new(BlobLockMode.Compliance, TimeProvider.System.GetUtcNow().AddDays(1)) }));
        Assert.Null(await store.FindAsync("prod/x", Token));
        Assert.Empty(await store.ListUnfinishedAsync("", Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_server_that_accepts_a_lock_and_ignores_it_is_found_out_and_what_was_written_is_removed()
    {
        // As Swift does: 200 to the headers, and no retention when it is asked for.
        await using var server = new FaultyHttpProxy(null, head => head switch
        {
            { Method: "PUT" } => new HttpFault.Answer(200, Headers: "ETag: \"0\"\r\n"),
            { Method: "DELETE" } => new HttpFault.Answer(204),
            { Target: var target } when target.Contains("retention", StringComparison.Ordinal) => HttpFault.Error(404, "NoSuchObjectLockConfiguration"),
            { Target: var target } when target.Contains("list-type", StringComparison.Ordinal) => new HttpFault.Answer(200, "<ListBucketResult/>"),
            _ => HttpFault.Error(501, "NotImplemented"),
        });
        await using var store = await OpenAsync("bucket", server.Url);
        await Assert.ThrowsAsync<LockNotHonouredException>(() => PutAsync(
            store, "prod/x", 100, new() { Retention = new(BlobLockMode.Governance, TimeProvider.System.GetUtcNow().AddDays(1)) }));
        var put = Assert.Single(server.Requests, r => r.Method == "PUT" && !r.Target.Contains('?', StringComparison.Ordinal));
        Assert.Equal("GOVERNANCE", put.Headers["x-amz-object-lock-mode"]);
        Assert.True(put.Headers.ContainsKey("content-md5"), "S3 refuses locks without Content-MD5");
        Assert.Single(server.Requests, r => r.Method == "DELETE");
    }

    [Fact]
    public async Task A_server_without_conditions_is_asked_before_and_written_to_without()
    {
        var isThere = false;
        await using var server = new FaultyHttpProxy(null, head =>
        {
            switch (head)
            {
                case { Method: "PUT" } when head.Headers.ContainsKey("if-none-match"):
                    return HttpFault.Error(501, "NotImplemented");
                case { Method: "PUT" }:
                    isThere = true;
                    return new HttpFault.Answer(200, Headers: "ETag: \"0\"\r\n");
                case { Method: "HEAD" }:
                    return isThere ? new HttpFault.Answer(200, "x", "Last-Modified: Mon, 23 Nov 2026 00:00:00 GMT\r\n") : new HttpFault.Answer(404);
                default:
                    return new HttpFault.Answer(200, "<ListBucketResult/>");
            }
        });
        await using var store = await OpenAsync("bucket", server.Url);
        await PutAsync(store, "x", 1, new() { OnlyIfAbsent = true });
        await Assert.ThrowsAsync<BlobExistsException>(() => PutAsync(store, "x", 1, new() { OnlyIfAbsent = true }));
    }

    private static async Task<IBlobStore> OpenAsync(string bucket, Uri? endpoint = null) =>
        await S3Stores.OpenAsync(S3Stores.Options(await CephServer.SharedAsync(), bucket, S3Stores.NewPrefix(), endpoint));

    private static async Task PutAsync(IBlobStore store, string name, int length, BlobPutOptions options)
    {
        var upload = await store.BeginPutAsync(name, options, Token);
        await using var end = upload;
        await upload.WriteAsync(new byte[length], Token);
        await upload.CompleteAsync(Token);
    }

    private static async Task<int> CountVersionsAsync(IBlobStore store)
    {
        var s3 = Assert.IsType<S3BlobStore>(store);
        return await s3.Caller.CallAsync(
            "count",
            async (client, token) => (await client.ListVersionsAsync(
                new ListVersionsRequest { BucketName = s3.Bucket, Prefix = s3.Location.AbsolutePath.Trim('/') + "/" }, token)).Versions?.Count ?? 0,
            Token);
    }
}
