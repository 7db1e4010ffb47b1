using System.Text.Json.Nodes;
using DrPowerShell.Etcd.Tests.Mvcc;
using DrPowerShell.Etcd.Tests.Snapshots;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Bolt;

/// <summary>What the tests' own writer writes is held against bbolt itself: sound files are accepted with the same figures, broken ones are not.</summary>
public sealed class EtcdutlWitnessTests
{
    [Theory]
    [InlineData(1024, 0)]
    [InlineData(4096, -1)]
    [InlineData(4096, 10)]
    [InlineData(4096, 70_000)]
    [InlineData(16384, 3)]
    [InlineData(65536, 3)]
    public async Task Every_page_size_and_freelist_says_the_same_to_etcdutl(int pageSize, int freePages)
    {
        var store = new StoreWriter().Random(31, 4000, 700);
        var writer = new DatabaseWriter(pageSize);
        var root = store.WriteTo(writer, finished: 300);
        var list = DatabaseWriter.NoFreelist;
        if (freePages >= 0)
        {
            var first = writer.Reserve(freePages);
            list = writer.AddFreelist([.. Enumerable.Range(0, freePages).Select(i => first + (ulong)i)]);
        }

        var file = writer.Finish(root, list, digest: true);
        var ours = Verify.Full(file);
        Assert.True(ours.IsValid, string.Join('\n', ours.Findings));
        var theirs = JsonNode.Parse(await StatusAsync(file))!;
        Assert.Equal((uint)theirs["hash"]!, ours.Status!.Hash);
        Assert.Equal((long)theirs["revision"]!, ours.Status.Revision);
        Assert.Equal((long)theirs["totalKey"]!, ours.Status.TotalKeyV35);
        Assert.Equal((long)theirs["totalSize"]!, ours.Status.TotalSize);
        Assert.Equal(Math.Max(0, freePages) * (long)pageSize, ours.Status.FreeBytes);
    }

    [Fact]
    public async Task What_bbolts_own_check_finds_is_found_here()
    {
        var rows = new StoreWriter().Random(32, 400, 100).Rows.ToList();
        (rows[200], rows[201]) = (rows[201], rows[200]);
        var writer = new DatabaseWriter();
        await BothRefuseAsync(writer.Finish(new StoreWriter().WriteTo(writer, rows: rows)), "KeyOrder");

        writer = new DatabaseWriter();
        var leaf = writer.Leaf([.. rows.Take(20)]);
        writer.Leaf();
        var branch = writer.BranchOf((rows[0].Key, leaf), (rows[20].Key, leaf));
        await BothRefuseAsync(writer.Finish(writer.Leaf(Item.Bucket("key", branch), Item.Inline("meta"))), "PageReferencedTwice");

        writer = new DatabaseWriter();
        var root = new StoreWriter().Random(33, 100, 100).WriteTo(writer);
        writer.Reserve(2);
        await BothRefuseAsync(writer.Finish(root, writer.AddFreelist()), "PageLost");

        writer = new DatabaseWriter();
        root = new StoreWriter().Random(33, 100, 100).WriteTo(writer);
        await BothRefuseAsync(writer.Finish(root, writer.AddFreelist(2)), "PageFreeAndReachable");
    }

    private static async Task BothRefuseAsync(byte[] file, string code)
    {
        Assert.Contains(Verify.Full(file).Findings, f => f.Code == code);
        await Assert.ThrowsAsync<InvalidOperationException>(() => StatusAsync(file));
    }

    private static async Task<string> StatusAsync(byte[] file)
    {
        using var folder = new TempFolder("witness");
        var path = folder["made.db"];
        await File.WriteAllBytesAsync(path, file);
        return await EtcdBinaries.V35.SnapshotAsync("status", path, "--write-out=json");
    }
}
