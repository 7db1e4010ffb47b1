using System.Diagnostics;
using System.Security.Cryptography;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Providers.Sftp;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Providers.Tests.Sftp;

/// <summary>Connections that are cut, hang or are given up: nothing half is ever seen, and what can be done again is.</summary>
public sealed class SftpBreakTests(SharedSshServer ssh) : IAsyncDisposable
{
    private readonly TempFolder _folder = new("sftp");
    private readonly DelayingProxy _proxy = new(new Uri($"tcp://127.0.0.1:{ssh.Server.Port}"));

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(300_000)]
    [InlineData(5_000_000)]
    [InlineData(20_000_000)]
    public async Task An_upload_that_loses_its_connection_fails_and_its_part_is_listed_and_aborted(int sent)
    {
        await using var store = await OpenAsync();
        var upload = await store.BeginPutAsync("prod/cut.db", new(), default);
        await upload.WriteAsync(new byte[sent]);
        _proxy.RefusesConnections = true;
        _proxy.Cut();
        var error = await Assert.ThrowsAsync<StoreUnreachableException>(async () =>
        {
            await upload.WriteAsync(new byte[30_000_000]);
            await upload.CompleteAsync(default);
        });
        Assert.Contains("prod/cut.db", error.Message);
        await upload.DisposeAsync();

        await using var other = await SharedSshServer.OpenAsync(ssh.Options(_folder.FullName));
        Assert.Null(await other.FindAsync("prod/cut.db", default));
        Assert.Empty(await ToListAsync(other.ListAsync("", default)));
        var left = Assert.Single(await ToListAsync(other.ListUnfinishedAsync("prod/", default)));
        Assert.Equal("prod/cut.db", left.Name);
        await other.AbortAsync(left, default);
        Assert.Empty(await ToListAsync(other.ListUnfinishedAsync("", default)));
    }

    [Fact]
    public async Task A_small_object_is_put_again_where_the_connection_broke()
    {
        await using var store = await OpenAsync();
        await store.PutAsync("prod/first", new byte[10], new(), default);
        _proxy.Cut();
        var bytes = RandomNumberGenerator.GetBytes(100_000);
        await store.PutAsync("prod/second", bytes, new() { OnlyIfAbsent = true }, default);
        Assert.Equal(bytes, await store.ReadAllAsync("prod/second", default));
        _proxy.Cut();
        Assert.Equal(["prod/first", "prod/second"], (await ToListAsync(store.ListAsync("", default))).Select(blob => blob.Name).Order());
        _proxy.Cut();
        await store.DeleteAsync("prod/first", default);
        Assert.Equal(["prod", "prod/second"], _folder.List());
    }

    // The bytes that a server sends while one object is put: a cut after each of them meets every step of it.
    [Fact]
    public async Task A_new_object_whose_connection_is_cut_at_any_answer_is_put_once_and_leaves_no_part()
    {
        await using (var probe = await OpenAsync())
        {
            var before = _proxy.BytesToClient;
            await probe.PutAsync("probe", "probe"u8.ToArray(), new() { OnlyIfAbsent = true }, default);
            var spoken = _proxy.BytesToClient - before;
            for (var i = 0; i < 12; i++)
            {
                var name = $"prod/{i}";
                await using var store = await OpenAsync();
                _proxy.CutAfterBytes = _proxy.BytesToClient + 1 + (spoken * i / 12);
                var put = store.PutAsync(name, "once"u8.ToArray(), new() { OnlyIfAbsent = true }, default);
                await Task.WhenAny(_proxy.WasCut, put);
                _proxy.CutAfterBytes = null;
                await put;
                Assert.Equal("once"u8.ToArray(), await store.ReadAllAsync(name, default));
            }
        }

        await using var check = await SharedSshServer.OpenAsync(ssh.Options(_folder.FullName));
        Assert.Empty(await ToListAsync(check.ListUnfinishedAsync("", default)));
    }

    [Fact]
    public async Task A_download_goes_on_where_it_was()
    {
        var bytes = RandomNumberGenerator.GetBytes(12_000_000);
        Directory.CreateDirectory(_folder["prod"]);
        await File.WriteAllBytesAsync(_folder["prod", "big"], bytes);
        await using var store = await OpenAsync();
        await using var source = await store.OpenReadAsync("prod/big", 1000, null, default);
        var read = new byte[bytes.Length - 1000];
        await source.ReadExactlyAsync(read.AsMemory(0, 3_000_000));
        _proxy.Cut();
        await source.ReadExactlyAsync(read.AsMemory(3_000_000));
        Assert.True(read.AsSpan().SequenceEqual(bytes.AsSpan(1000)));
        Assert.Equal(0, await source.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task A_server_that_falls_silent_times_out_and_a_cancelled_act_ends_at_once()
    {
        await using var store = await OpenAsync(new SftpPatience { Connect = TimeSpan.FromSeconds(2), Answer = TimeSpan.FromSeconds(1) });
        _proxy.Stall();
        using var source = new CancellationTokenSource();
        var finding = store.FindAsync("x", source.Token);
        var clock = Stopwatch.StartNew();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => finding);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<StoreTimedOutException>(() => store.FindAsync("x", default));
    }

    [Fact]
    public async Task Many_acts_share_one_connection()
    {
        await using var store = await OpenAsync();
        var bytes = RandomNumberGenerator.GetBytes(700_000);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            await store.PutAsync($"prod/{i}", bytes.AsMemory(i), new(), default);
            await using var source = await store.OpenReadAsync($"prod/{i}", 0, null, default);
            using var copy = new MemoryStream();
            await source.CopyToAsync(copy);
            Assert.True(copy.ToArray().AsSpan().SequenceEqual(bytes.AsSpan(i)));
        }));
        Assert.Equal(20, (await ToListAsync(store.ListAsync("prod/", default))).Count);
    }

    private Task<IBlobStore> OpenAsync(SftpPatience? patience = null) =>
        SharedSshServer.OpenAsync(ssh.Options(_folder.FullName, _proxy.Url.Port), patience);

    private static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items)
        {
            list.Add(item);
        }

        return list;
    }
}
