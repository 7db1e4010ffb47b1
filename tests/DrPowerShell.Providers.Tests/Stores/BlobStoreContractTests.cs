using System.Security.Cryptography;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using Xunit;

namespace DrPowerShell.Providers.Tests.Stores;

/// <summary>What holds for every kind of store. A kind derives and opens an empty store of its own for each test.</summary>
public abstract class BlobStoreContractTests : IAsyncDisposable
{
    private IBlobStore? _store;

    /// <summary>Opens an empty store the first time, the same place again by another connection later.</summary>
    protected abstract Task<IBlobStore> OpenAsync();

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private static BlobPutOptions OnlyIfAbsent { get; } = new() { OnlyIfAbsent = true };

    public virtual async ValueTask DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task What_was_put_is_found_listed_and_read_back()
    {
        var store = await StoreAsync();
        var bytes = RandomNumberGenerator.GetBytes(5000);
        var put = await store.PutAsync("prod/a.db", bytes, new(), Token);
        Assert.Equal(("prod/a.db", 5000L), (put.Name, put.Size));
        Assert.Equal(bytes, await store.ReadAllAsync("prod/a.db", Token));

        var found = await store.FindAsync("prod/a.db", Token);
        Assert.NotNull(found);
        Assert.Equal(("prod/a.db", 5000L, TimeSpan.Zero), (found.Name, found.Size, found.Modified.Offset));
        Assert.True((TimeProvider.System.GetUtcNow() - found.Modified).Duration() < TimeSpan.FromMinutes(5), "modified just now");
        Assert.Equal(["prod/a.db:5000"], await ListAsync(store, ""));
    }

    [Fact]
    public async Task An_object_that_is_not_there_is_not_found_and_may_be_removed()
    {
        var store = await StoreAsync();
        Assert.Null(await store.FindAsync("prod/none", Token));
        Assert.Null(await store.GetRetentionAsync("prod/none", Token));
        await Assert.ThrowsAsync<BlobNotFoundException>(() => store.ReadAllAsync("prod/none", Token));
        await store.DeleteAsync("prod/none", Token);
        Assert.Empty(await ListAsync(store, "prod/"));
        Assert.Empty(await UnfinishedAsync(store));
    }

    [Fact]
    public async Task An_empty_object_is_an_object()
    {
        var store = await StoreAsync();
        await store.PutAsync("prod/empty", default, new(), Token);
        Assert.Empty(await store.ReadAllAsync("prod/empty", Token));
        Assert.Equal(["prod/empty:0"], await ListAsync(store, ""));
    }

    [Fact]
    public async Task Twenty_megabytes_written_in_odd_pieces_come_back_the_same()
    {
        var store = await StoreAsync();
        var bytes = RandomNumberGenerator.GetBytes((20 << 20) + 12345);
        var upload = await store.BeginPutAsync("prod/large", new(), Token);
        await using (upload)
        {
            for (var at = 0; at < bytes.Length;)
            {
                var length = Math.Min(at % 3 == 0 ? 100_003 : 3_000_017, bytes.Length - at);
                await upload.WriteAsync(bytes.AsMemory(at, length), Token);
                at += length;
            }

            Assert.Equal(bytes.Length, (await upload.CompleteAsync(Token)).Size);
        }

        var source = await store.OpenReadAsync("prod/large", 0, null, Token);
        await using (source)
        {
            Assert.Equal(SHA256.HashData(bytes), await SHA256.HashDataAsync(source, Token));
        }

        Assert.Empty(await UnfinishedAsync(store));
    }

    [Fact]
    public async Task A_part_of_an_object_is_read_by_offset_and_length()
    {
        var store = await StoreAsync();
        var bytes = RandomNumberGenerator.GetBytes(1000);
        await store.PutAsync("a", bytes, new(), Token);
        Assert.Equal(bytes[10..30], await ReadAsync(store, "a", 10, 20));
        Assert.Equal(bytes[990..], await ReadAsync(store, "a", 990, 500));
        Assert.Equal(bytes[400..], await ReadAsync(store, "a", 400, null));
        Assert.Empty(await ReadAsync(store, "a", 10, 0));
        Assert.Empty(await ReadAsync(store, "a", 1000, 10));
        Assert.Empty(await ReadAsync(store, "a", 5000, null));
    }

    [Theory]
    [InlineData("prod/with space and + and %20.db")]
    [InlineData("prod/ünïcode-日本.manifest.json")]
    [InlineData("prod/a&b=c;d'e(f)!@$,~.db")]
    [InlineData("prod/.hidden")]
    [InlineData(".lock/schedule-nightly")]
    [InlineData("a/b/c/d/e/f")]
    [InlineData("prod/#frag[1]{2}^`.db")]
    public async Task Odd_names_are_names(string name)
    {
        var store = await StoreAsync();
        await store.PutAsync(name, new byte[] { 1, 2, 3 }, OnlyIfAbsent, Token);
        Assert.Equal([name + ":3"], await ListAsync(store, name[..^1]));
        Assert.Equal(new byte[] { 1, 2, 3 }, await store.ReadAllAsync(name, Token));
        await store.DeleteAsync(name, Token);
        Assert.Null(await store.FindAsync(name, Token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("../outside")]
    [InlineData("prod/../../outside")]
    [InlineData("prod/..")]
    [InlineData("prod//x")]
    [InlineData("prod/")]
    [InlineData("./x")]
    [InlineData("prod\\x")]
    [InlineData("prod/a\nb")]
    public async Task A_name_that_would_leave_the_store_is_refused_by_every_act(string name)
    {
        var store = await StoreAsync();
        await Assert.ThrowsAsync<BlobNameNotValidException>(() => store.BeginPutAsync(name, new(), Token));
        await Assert.ThrowsAsync<BlobNameNotValidException>(() => store.OpenReadAsync(name, 0, null, Token));
        await Assert.ThrowsAsync<BlobNameNotValidException>(() => store.FindAsync(name, Token));
        await Assert.ThrowsAsync<BlobNameNotValidException>(() => store.DeleteAsync(name, Token));
        await Assert.ThrowsAsync<BlobNameNotValidException>(() => store.GetRetentionAsync(name, Token));
    }

    [Fact]
    public async Task A_listing_holds_what_begins_with_the_prefix_and_nothing_else()
    {
        var store = await StoreAsync();
        foreach (var name in new[] { "prod/1.db", "prod/12.db", "prod/sub/1.db", "prod-2/1.db", "test/1.db", "top" })
        {
            await store.PutAsync(name, new byte[1], new(), Token);
        }

        Assert.Equal(6, (await ListAsync(store, "")).Count);
        Assert.Equal(["prod/1.db:1", "prod/12.db:1", "prod/sub/1.db:1"], await ListAsync(store, "prod/"));
        Assert.Equal(["prod-2/1.db:1", "prod/1.db:1", "prod/12.db:1", "prod/sub/1.db:1"], await ListAsync(store, "prod"));
        Assert.Equal(["prod/1.db:1", "prod/12.db:1"], await ListAsync(store, "prod/1"));
        Assert.Empty(await ListAsync(store, "absent/"));
    }

    [Fact]
    public async Task Nothing_is_seen_before_an_upload_is_completed_and_it_is_listed_as_unfinished()
    {
        var store = await StoreAsync();
        var upload = await store.BeginPutAsync("prod/slow.db", new(), Token);
        await using (upload)
        {
            await upload.WriteAsync(new byte[9 << 20], Token);
            await upload.FlushAsync(Token);
            Assert.Null(await store.FindAsync("prod/slow.db", Token));
            Assert.Empty(await ListAsync(store, ""));
            await Assert.ThrowsAsync<BlobNotFoundException>(() => store.ReadAllAsync("prod/slow.db", Token));
            var unfinished = Assert.Single(await UnfinishedAsync(store));
            Assert.Equal("prod/slow.db", unfinished.Name);
            Assert.True((TimeProvider.System.GetUtcNow() - unfinished.Started).Duration() < TimeSpan.FromMinutes(5), "begun just now");
            await upload.CompleteAsync(Token);
        }

        Assert.Equal([$"prod/slow.db:{9 << 20}"], await ListAsync(store, ""));
        Assert.Empty(await UnfinishedAsync(store));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(17 << 20)]
    public async Task An_upload_that_is_disposed_leaves_nothing_and_what_was_there_stays(int length)
    {
        var store = await StoreAsync();
        await store.PutAsync("prod/x", "old"u8.ToArray(), new(), Token);
        var upload = await store.BeginPutAsync("prod/x", new(), Token);
        await upload.WriteAsync(new byte[length], Token);
        await upload.DisposeAsync();
        await upload.DisposeAsync();
        Assert.Equal("old"u8.ToArray(), await store.ReadAllAsync("prod/x", Token));
        Assert.Empty(await UnfinishedAsync(store));
    }

    [Fact]
    public async Task A_second_object_of_a_name_replaces_the_first_whole()
    {
        var store = await StoreAsync();
        await store.PutAsync("x", new byte[5000], new(), Token);
        await store.PutAsync("x", "new"u8.ToArray(), new(), Token);
        Assert.Equal("new"u8.ToArray(), await store.ReadAllAsync("x", Token));
        Assert.Equal(["x:3"], await ListAsync(store, ""));
    }

    [Fact]
    public async Task What_must_be_new_and_is_not_is_refused_and_untouched()
    {
        var store = await StoreAsync();
        await store.PutAsync("prod/once", "first"u8.ToArray(), OnlyIfAbsent, Token);
        await Assert.ThrowsAsync<BlobExistsException>(() => store.PutAsync("prod/once", "second"u8.ToArray(), OnlyIfAbsent, Token));
        Assert.Equal("first"u8.ToArray(), await store.ReadAllAsync("prod/once", Token));
        Assert.Empty(await UnfinishedAsync(store));
    }

    [Fact]
    public async Task Of_many_who_put_a_new_object_at_once_one_wins_and_the_others_are_told()
    {
        var store = await StoreAsync();
        for (var round = 0; round < 3; round++)
        {
            var name = $"prod/race-{round}";
            var uploads = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => store.BeginPutAsync(name, OnlyIfAbsent, Token)));
            for (var i = 0; i < uploads.Length; i++)
            {
                await uploads[i].WriteAsync(new[] { (byte)i }, Token);
            }

            var wins = await Task.WhenAll(uploads.Select(async (upload, i) =>
            {
                await using (upload)
                {
                    try
                    {
                        await upload.CompleteAsync(Token);
                        return i;
                    }
                    catch (BlobExistsException)
                    {
                        return -1;
                    }
                }
            }));
            var winner = Assert.Single(wins, i => i >= 0);
            Assert.Equal(new[] { (byte)winner }, await store.ReadAllAsync(name, Token));
        }

        Assert.Empty(await UnfinishedAsync(store));
    }

    [Fact]
    public async Task An_unfinished_upload_of_another_process_is_aborted_and_cannot_be_completed_then()
    {
        var store = await StoreAsync();
        var upload = await store.BeginPutAsync("prod/dead.db", new(), Token);
        await using var end = upload;
        await upload.WriteAsync(new byte[17 << 20], Token);
        await upload.FlushAsync(Token);

        var other = await OpenAsync();
        await using (other)
        {
            Assert.Empty(await UnfinishedAsync(other, "test/"));
            await other.AbortAsync(Assert.Single(await UnfinishedAsync(other, "prod/")), Token);
            Assert.Empty(await UnfinishedAsync(other));
        }

        await Assert.ThrowsAsync<StoreFailedException>(() => upload.CompleteAsync(Token));
        Assert.Null(await store.FindAsync("prod/dead.db", Token));
    }

    [Fact]
    public async Task A_listing_survives_objects_that_come_and_go_meanwhile()
    {
        var store = await StoreAsync();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => store.PutAsync($"stay/{i:00}", new byte[1], new(), Token)));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var churn = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await store.PutAsync($"stay/x{i % 7}", new byte[1], new(), Token);
                await store.DeleteAsync($"stay/x{(i + 3) % 7}", Token);
            }
        }, Token);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(40, (await ListAsync(store, "stay/")).Count(line => !line.Contains('x', StringComparison.Ordinal)));
        }

        await stop.CancelAsync();
        await churn;
    }

    [Fact]
    public async Task A_cancelled_act_is_cancelled()
    {
        var store = await StoreAsync();
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.PutAsync("x", new byte[1], new(), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.FindAsync("x", cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.ListAsync("", cancelled).GetAsyncEnumerator(cancelled).MoveNextAsync());
        Assert.Empty(await ListAsync(store, ""));
    }

    protected async Task<IBlobStore> StoreAsync() => _store ??= await OpenAsync();

    protected static async Task<IReadOnlyList<string>> ListAsync(IBlobStore store, string prefix)
    {
        var lines = new List<string>();
        await foreach (var blob in store.ListAsync(prefix, Token))
        {
            lines.Add($"{blob.Name}:{blob.Size}");
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    protected static async Task<IReadOnlyList<UnfinishedUpload>> UnfinishedAsync(IBlobStore store, string prefix = "")
    {
        var uploads = new List<UnfinishedUpload>();
        await foreach (var upload in store.ListUnfinishedAsync(prefix, Token))
        {
            uploads.Add(upload);
        }

        return uploads;
    }

    private static async Task<byte[]> ReadAsync(IBlobStore store, string name, long offset, long? length)
    {
        var source = await store.OpenReadAsync(name, offset, length, Token);
        await using var end = source;
        using var bytes = new MemoryStream();
        await source.CopyToAsync(bytes, Token);
        return bytes.ToArray();
    }
}
