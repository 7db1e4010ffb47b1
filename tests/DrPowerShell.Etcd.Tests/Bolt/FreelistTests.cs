using System.Buffers.Binary;
using DrPowerShell.Etcd.Tests.Mvcc;
using DrPowerShell.Etcd.Tests.Snapshots;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Bolt;

public sealed class FreelistTests
{
    [Fact]
    public void A_persisted_freelist_accounts_for_every_page()
    {
        var (file, _) = Write(free => free);
        var result = Verify.Full(file);
        Assert.True(result.IsValid, string.Join('\n', result.Findings));
        Assert.Equal(10 * 4096, result.Status!.FreeBytes);
    }

    [Fact]
    public void Without_a_persisted_freelist_what_cannot_be_reached_is_free()
    {
        var database = new DatabaseWriter();
        database.Reserve(10);
        var result = Verify.Full(database.Finish(new StoreWriter().Random(1, 50, 20).WriteTo(database)));
        Assert.True(result.IsValid, string.Join('\n', result.Findings));
        Assert.Equal(10 * 4096, result.Status!.FreeBytes);
    }

    [Fact]
    public void A_freelist_with_more_entries_than_16_bits_count_is_read()
    {
        var database = new DatabaseWriter(1024);
        var root = new StoreWriter().Random(1, 50, 20).WriteTo(database);
        var first = database.Reserve(70_000);
        var list = database.AddFreelist([.. Enumerable.Range(0, 70_000).Select(i => first + (ulong)i)]);
        var result = Verify.Full(database.Finish(root, list));
        Assert.True(result.IsValid, string.Join('\n', result.Findings));
        Assert.Equal(70_000 * 1024, result.Status!.FreeBytes);
    }

    [Theory]
    [InlineData("lost", "PageLost")]
    [InlineData("twice", "PageFreedTwice")]
    [InlineData("in use", "PageFreeAndReachable")]
    [InlineData("outside", "FreePageOutOfRange")]
    [InlineData("meta page", "FreePageOutOfRange")]
    public void Entries_that_contradict_the_pages_are_found(string what, string code)
    {
        var (file, _) = Write(free => what switch
        {
            "lost" => free[1..],
            "twice" => [.. free, free[0]],
            "in use" => [.. free, 2],
            "outside" => [.. free, 1UL << 60],
            _ => [.. free, 1],
        });
        Assert.Contains(Verify.Full(file).Findings, f => f.Code == code);
    }

    [Theory]
    [InlineData("count", "FreelistWrong")]
    [InlineData("huge count", "FreelistWrong")]
    [InlineData("kind", "FreelistWrong")]
    [InlineData("overflow", "FreelistWrong")]
    [InlineData("id", "FreelistWrong")]
    public void A_freelist_page_that_cannot_be_right_is_found(string what, string code)
    {
        var (file, list) = Write(free => free);
        var page = file.AsSpan((int)list * 4096);
        DatabaseWriter.SetHeader(
            page,
            what == "id" ? 99 : list,
            what == "kind" ? DatabaseWriter.LeafPage : null,
            what switch { "count" => 5000, "huge count" => 0xFFFF, _ => null },
            what == "overflow" ? uint.MaxValue : null);
        if (what == "huge count")
        {
            BinaryPrimitives.WriteUInt64LittleEndian(page[16..], ulong.MaxValue / 8);
        }

        Assert.Contains(Verify.Full(file).Findings, f => f.Code == code);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(5000UL)]
    public void A_freelist_outside_the_file_is_found(ulong page)
    {
        var database = new DatabaseWriter();
        var file = database.Finish(new StoreWriter().Random(1, 50, 20).WriteTo(database), page);
        Assert.Contains(Verify.Full(file).Findings, f => f.Code == "FreelistOutOfRange");
    }

    [Fact]
    public void A_freelist_that_lies_on_a_page_in_use_is_found()
    {
        var database = new DatabaseWriter();
        var root = new StoreWriter().Random(1, 50, 20).WriteTo(database);
        var list = database.AddFreelist();
        var file = database.Finish(database.Leaf(Item.Bucket("key", list)), list);
        Assert.NotEqual(root, list);
        Assert.Contains(Verify.Full(file).Findings, f => f.Code is "PageReferencedTwice" or "PageKindWrong");
    }

    private static (byte[] File, ulong List) Write(Func<ulong[], ulong[]> change)
    {
        var database = new DatabaseWriter();
        var root = new StoreWriter().Random(1, 50, 20).WriteTo(database);
        var first = database.Reserve(10);
        var list = database.AddFreelist(change([.. Enumerable.Range(0, 10).Select(i => first + (ulong)i)]));
        return (database.Finish(root, list), list);
    }
}
