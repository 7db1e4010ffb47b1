using System.Buffers.Binary;
using System.Diagnostics;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Tests.Mvcc;
using DrPowerShell.Etcd.Tests.Snapshots;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Bolt;

/// <summary>Page graphs that no etcd writes: each ends in a finding of its own code, and cursors over it in a typed error or at their end.</summary>
[Collection(AloneCollection.Name)]
public sealed class HostileGraphTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_branch_that_is_its_own_child_is_found()
    {
        var database = new DatabaseWriter();
        var page = database.Reserve();
        database.Write(page, Branch(page, ("a"u8.ToArray(), page)));
        ExpectKeyTree(database, page, "PageReferencedTwice", cursorCode: "PageCycle");
    }

    [Fact]
    public void A_circle_of_branches_is_found()
    {
        var database = new DatabaseWriter();
        ulong[] pages = [database.Reserve(), database.Reserve(), database.Reserve()];
        for (var i = 0; i < 3; i++)
        {
            database.Write(pages[i], Branch(pages[i], ("a"u8.ToArray(), pages[(i + 1) % 3])));
        }

        ExpectKeyTree(database, pages[0], "PageReferencedTwice", cursorCode: "PageCycle");
    }

    [Fact]
    public void Shared_branches_with_a_billion_paths_are_walked_once()
    {
        var database = new DatabaseWriter();
        var child = database.Leaf(new Item("a", "1"), new Item("b", "2"));
        for (var level = 0; level < 30; level++)
        {
            child = database.BranchOf(("a"u8.ToArray(), child), ("b"u8.ToArray(), child));
        }

        ExpectKeyTree(database, child, "PageReferencedTwice", cursorCode: "PageCycle");
    }

    [Fact]
    public void A_long_page_that_thousands_refer_to_is_read_once()
    {
        var database = new DatabaseWriter();
        var big = database.Leaf(new Item("a", new string('x', 4 << 20)));
        var branch = database.BranchOf([.. Enumerable.Range(0, 60_000).Select(i => (Number(i), big))]);
        var file = Finish(database, branch);
        using var source = new MemorySource(file);
        var findings = Verify.Scan(source).Findings;
        Assert.Contains(findings, f => f.Code == "PageReferencedTwice");
        Assert.True(source.BytesRead < 20 * file.Length, $"{source.BytesRead:N0} bytes were read of a file of {file.Length:N0}.");

        using var again = new MemorySource(file);
        Assert.Equal("PageCycle", Assert.IsType<SnapshotDamagedException>(Verify.WithCursors(again)).Code);
        Assert.True(again.BytesRead < 20 * file.Length, $"{again.BytesRead:N0} bytes were read of a file of {file.Length:N0}.");
    }

    [Fact]
    public void Elements_that_share_their_bytes_are_found_before_anything_is_hashed()
    {
        // 40,000 elements, each claiming the same 8 MB as its value: 320 GB of work in a file of 9 MB.
        var database = new DatabaseWriter();
        var page = new byte[9 << 20];
        DatabaseWriter.SetHeader(page, 0, DatabaseWriter.LeafPage, 40_000);
        for (var i = 0; i < 40_000; i++)
        {
            var element = page.AsSpan(16 + (16 * i));
            BinaryPrimitives.WriteUInt32LittleEndian(element[4..], (uint)((1 << 20) - (16 + (16 * i)) + i));
            BinaryPrimitives.WriteUInt32LittleEndian(element[8..], 17);
            BinaryPrimitives.WriteUInt32LittleEndian(element[12..], 7 << 20);
        }

        ExpectKeyTree(database, database.Add(page), "ElementOutOfPlace", cursorCode: "ElementOutOfPlace");
    }

    [Fact]
    public void A_bucket_name_of_a_megabyte_over_many_buckets_does_not_multiply()
    {
        var inner = Enumerable.Range(0, 20_000).Select(i => Item.Inline($"{i:D6}")).ToArray();
        var database = new DatabaseWriter();
        var root = database.Leaf(new Item(new byte[1 << 20], Item.Inline("x", inner).Value, 1));
        var before = GC.GetTotalAllocatedBytes();
        Expect(database.Finish(root), "NestedBucket");
        var allocated = GC.GetTotalAllocatedBytes() - before;
        Assert.True(allocated < 200 << 20, $"{allocated:N0} bytes were allocated.");
    }

    [Fact]
    public void Branches_nested_too_deeply_are_found()
    {
        var database = new DatabaseWriter(1024);
        var child = database.Leaf(new Item("a", "1"));
        for (var level = 0; level < 5000; level++)
        {
            child = database.BranchOf(("a"u8.ToArray(), child));
        }

        ExpectKeyTree(database, child, "TreeTooDeep", cursorCode: "PageCycle");
    }

    [Fact]
    public void Inline_buckets_nested_too_deeply_are_found()
    {
        var item = new Item("a", "1");
        for (var level = 0; level < 3000; level++)
        {
            item = Item.Inline("b", item);
        }

        var database = new DatabaseWriter();
        Expect(database.Finish(database.Leaf(item)), "TreeTooDeep");
    }

    [Fact]
    public void Buckets_nested_too_deeply_in_pages_of_their_own_are_found()
    {
        var database = new DatabaseWriter(1024);
        var page = database.Leaf(new Item("a", "1"));
        for (var level = 0; level < 3000; level++)
        {
            page = database.Leaf(Item.Bucket("b", page));
        }

        Expect(database.Finish(page), "TreeTooDeep");
    }

    [Theory]
    [InlineData("overflow", "PageOverflowOutOfRange")]
    [InlineData("count", "ElementOutOfPage")]
    [InlineData("id", "PageIdMismatch")]
    [InlineData("kind", "PageKindWrong")]
    [InlineData("no kind", "PageKindWrong")]
    [InlineData("both kinds", "PageKindWrong")]
    public void A_header_that_cannot_be_right_is_found(string field, string code)
    {
        var database = new DatabaseWriter();
        var page = database.Reserve();
        var bytes = new byte[4096];
        DatabaseWriter.LeafBytes(new Item(StoreWriter.RowKey(2, 0), StoreWriter.KeyValue("a", "b"u8, 2, 2, 1, 0))).CopyTo(bytes, 0);
        DatabaseWriter.SetHeader(
            bytes,
            field == "id" ? page + 1 : page,
            field switch { "kind" => DatabaseWriter.Freelist, "no kind" => 0, "both kinds" => 3, _ => null },
            field == "count" ? (ushort)60_000 : null,
            field == "overflow" ? uint.MaxValue : null);
        database.Write(page, bytes);
        ExpectKeyTree(database, page, code, cursorCode: code);
    }

    [Theory]
    [InlineData("pos", "ElementOutOfPlace")]
    [InlineData("pos far", "ElementOutOfPage")]
    [InlineData("key size", "ElementOutOfPage")]
    [InlineData("value size", "ElementOutOfPage")]
    [InlineData("sum wraps", "ElementOutOfPage")]
    [InlineData("no key", "KeyEmpty")]
    [InlineData("flags", "ElementFlagsWrong")]
    public void An_element_that_cannot_be_right_is_found(string field, string code)
    {
        var database = new DatabaseWriter();
        var page = database.Reserve();
        var bytes = new byte[4096];
        DatabaseWriter.LeafBytes(new Item(StoreWriter.RowKey(2, 0), StoreWriter.KeyValue("a", "b"u8, 2, 2, 1, 0))).CopyTo(bytes, 0);
        DatabaseWriter.SetHeader(bytes, page);
        var element = bytes.AsSpan(16);
        var (offset, value) = field switch
        {
            "pos" => (4, 17u),
            "pos far" => (4, 5000u),
            "key size" => (8, 5000u),
            "value size" => (12, 5000u),
            "sum wraps" => (8, uint.MaxValue - 15),
            "no key" => (8, 0u),
            _ => (0, 2u),
        };
        BinaryPrimitives.WriteUInt32LittleEndian(element[offset..], value);
        database.Write(page, bytes);
        ExpectKeyTree(database, page, code, cursorCode: code);
    }

    [Fact]
    public void A_branch_without_children_is_found()
    {
        var database = new DatabaseWriter();
        ExpectKeyTree(database, database.BranchOf(), "BranchEmpty", cursorCode: "BranchEmpty");
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(1000UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    public void A_child_outside_the_file_is_found(ulong child)
    {
        var database = new DatabaseWriter();
        ExpectKeyTree(database, database.BranchOf(("a"u8.ToArray(), child)), "PageOutOfRange", cursorCode: "PageOutOfRange");
    }

    [Fact]
    public void A_page_that_claims_more_than_any_row_needs_is_not_read()
    {
        // 70 MB of zeros under one header.
        var database = new DatabaseWriter(65536);
        var page = database.Reserve(1100);
        var bytes = new byte[65536];
        DatabaseWriter.SetHeader(bytes, page, DatabaseWriter.LeafPage, 0, 1099);
        database.Write(page, bytes);
        ExpectKeyTree(database, page, "PageTooLarge", cursorCode: "PageTooLarge");
    }

    [Fact]
    public void Keys_out_of_order_and_twice_are_found()
    {
        var (one, two, three) = (Row(2), Row(3), Row(4));
        Assert.Contains(Codes(KeyBucket(one, three, two)), c => c == "KeyOrder");
        Assert.Contains(Codes(KeyBucket(one, two, two, three)), c => c == "KeyDuplicate");
        Assert.DoesNotContain(Codes(KeyBucket(one, two, three)), c => c.StartsWith("Key", StringComparison.Ordinal));
    }

    [Fact]
    public void Separators_that_do_not_fit_their_children_are_found()
    {
        var database = new DatabaseWriter();
        var left = database.Leaf(Row(2), Row(9));
        var right = database.Leaf(Row(5), Row(12));
        ExpectKeyTree(database, database.BranchOf((StoreWriter.RowKey(2, 0), left), (StoreWriter.RowKey(5, 0), right)), "KeyOrder");

        database = new DatabaseWriter();
        left = database.Leaf(Row(2), Row(3));
        right = database.Leaf(Row(4), Row(12));
        ExpectKeyTree(database, database.BranchOf((StoreWriter.RowKey(2, 0), left), (StoreWriter.RowKey(5, 0), right)), "KeyOrder");

        database = new DatabaseWriter();
        left = database.Leaf(Row(2), Row(3));
        right = database.Leaf(Row(5), Row(12));
        ExpectKeyTree(database, database.BranchOf((StoreWriter.RowKey(5, 0), right), (StoreWriter.RowKey(2, 0), left)), "KeyOrder");
    }

    [Fact]
    public void A_bucket_header_that_is_too_short_is_found()
    {
        var database = new DatabaseWriter();
        Expect(database.Finish(database.Leaf(new Item("key"u8.ToArray(), new byte[15], 1))), "BucketHeaderShort");
        database = new DatabaseWriter();
        Expect(database.Finish(database.Leaf(new Item("key"u8.ToArray(), new byte[16], 1))), "BucketHeaderShort");
        database = new DatabaseWriter();
        Expect(database.Finish(database.Leaf(new Item("key"u8.ToArray(), new byte[40], 1))), "InlineBucketWrong");
    }

    [Fact]
    public void A_database_without_the_key_bucket_and_a_key_beside_the_buckets_are_found()
    {
        var database = new DatabaseWriter();
        Expect(database.Finish(database.Leaf(Item.Inline("lease"))), "KeyBucketMissing");
        database = new DatabaseWriter();
        Expect(database.Finish(database.Leaf(Item.Inline("key"), new Item("loose", "1"))), "ItemOutsideBucket");
    }

    [Fact]
    public void A_bucket_inside_the_key_bucket_is_an_error_and_rows_behind_it_are_read()
    {
        var database = new DatabaseWriter();
        var malformed = new Item([0xFF, 1], "x"u8.ToArray());
        var file = Finish(database, database.Leaf(Row(2), Item.Inline("b"), malformed));
        var codes = Codes(file);
        Assert.Contains("NestedBucket", codes);
        Assert.Contains("RowKeyMalformed", codes);
    }

    [Theory]
    [InlineData(false, false, "NotAnEtcdSnapshot")]
    [InlineData(true, false, null)]
    [InlineData(false, true, null)]
    public void One_valid_meta_page_is_enough_and_the_other_is_reported(bool first, bool second, string? code)
    {
        var file = new StoreWriter().Begin().Put("a", "1").ToDatabase();
        for (var slot = 0; slot < 2; slot++)
        {
            if (slot == 0 ? !first : !second)
            {
                file[(slot * 4096) + 40] ^= 0x55;
            }
        }

        var result = Verify.Full(file);
        Assert.Equal(code is null, result.IsValid);
        Assert.Contains(result.Findings, f => f.Code == (code ?? "MetaInvalid"));
        Assert.True(code is null || Verify.WithCursors(new MemorySource(file)) is NotAnEtcdSnapshotException);
    }

    [Theory]
    [InlineData(1000UL, "FileTruncated")]
    [InlineData(1UL << 63, "FileTruncated")]
    [InlineData(ulong.MaxValue, "FileTruncated")]
    [InlineData(0UL, "FileTruncated")]
    [InlineData(2UL, "FileTruncated")]
    public void A_high_water_mark_that_the_file_does_not_hold_is_found(ulong hwm, string code)
    {
        var database = new DatabaseWriter();
        var file = database.Finish(new StoreWriter().Begin().Put("a", "1").WriteTo(database), hwm: hwm);
        Expect(file, code, cursorCode: code);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(512u)]
    [InlineData(4095u)]
    [InlineData(1u << 25)]
    [InlineData(uint.MaxValue)]
    public void A_page_size_that_bbolt_does_not_use_is_refused(uint size)
    {
        var file = new byte[4 * 4096];
        DatabaseWriter.Meta(4096, 0, 3, DatabaseWriter.NoFreelist, 4, 7, size).CopyTo(file, 0);
        DatabaseWriter.Meta(4096, 1, 3, DatabaseWriter.NoFreelist, 4, 6, size).CopyTo(file, 4096);
        Expect(file, "NotAnEtcdSnapshot");
    }

    [Fact]
    public void Meta_pages_of_different_page_sizes_are_found()
    {
        var file = new StoreWriter().Begin().Put("a", "1").ToDatabase();
        DatabaseWriter.Meta(4096, 1, 3, DatabaseWriter.NoFreelist, 4, 8, 8192).CopyTo(file, 4096);
        Expect(file, "PageSizeMismatch", cursorCode: "PageSizeMismatch");
    }

    [Fact]
    public void A_sparse_file_with_more_pages_than_can_be_kept_track_of_is_refused()
    {
        var start = new byte[4096];
        DatabaseWriter.Meta(1024, 0, 3, DatabaseWriter.NoFreelist, 1UL << 40, 7).CopyTo(start, 0);
        using var source = new MemorySource(start) { Length = 1L << 50 };
        Assert.Equal("FileTooLarge", Assert.IsType<SnapshotDamagedException>(Verify.WithCursors(source)).Code);
    }

    [Fact]
    public void An_old_row_that_comes_last_does_not_break_the_count_of_kept_rows()
    {
        var rows = Enumerable.Range(2, 300).Select(Row).ToList();
        rows.Add(new Item(StoreWriter.RowKey(1, 0), StoreWriter.KeyValue("late", "x"u8, 1, 1, 1, 0)));
        var database = new DatabaseWriter();
        Expect(database.Finish(new StoreWriter().WriteTo(database, finished: 2, rows: rows)), "KeyOrder");
    }

    [Fact]
    public void Errors_by_the_hundred_thousand_end_the_walk_early_and_none_is_crowded_out()
    {
        var database = new DatabaseWriter();
        var children = Enumerable.Range(0, 60_000).Select(i => (Number(i), ulong.MaxValue - (ulong)i)).ToArray();
        var branches = Enumerable.Range(0, 20).Select(i => (Number(i * 100_000), database.BranchOf(children))).ToArray();
        var result = Verify.Full(Finish(database, database.BranchOf(branches)));
        Assert.False(result.IsValid);
        Assert.Contains(result.Findings, f => f.Code == "PageOutOfRange");
        Assert.Null(result.Status);
        Assert.InRange(result.Findings.Count, 100, 201);
    }

    private static Item Row(int revision) => new(StoreWriter.RowKey(revision, 0), StoreWriter.KeyValue($"k{revision}", "v"u8, revision, revision, 1, 0));

    private static byte[] Number(int number)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes;
    }

    private static byte[] Branch(ulong id, params (byte[] Key, ulong Child)[] children)
    {
        var page = new byte[4096];
        DatabaseWriter.BranchBytes(children).CopyTo(page, 0);
        DatabaseWriter.SetHeader(page, id);
        return page;
    }

    private static byte[] KeyBucket(params Item[] rows)
    {
        var database = new DatabaseWriter();
        return Finish(database, database.Leaf(rows));
    }

    private static byte[] Finish(DatabaseWriter database, ulong keyTree) =>
        database.Finish(database.Leaf(Item.Bucket("key", keyTree), Item.Inline("lease"), Item.Inline("meta")));

    private static void ExpectKeyTree(DatabaseWriter database, ulong tree, string code, string? cursorCode = null) =>
        Expect(Finish(database, tree), code, cursorCode);

    private static List<string> Codes(byte[] file) => [.. Verify.Full(file).Findings.Select(f => f.Code)];

    private static void Expect(byte[] file, string code, string? cursorCode = null)
    {
        var time = Stopwatch.StartNew();
        var result = Verify.Full(file);
        Assert.False(result.IsValid);
        Assert.Contains(code, result.Findings.Where(f => f.Severity == FindingSeverity.Error).Select(f => f.Code));
        var error = Verify.WithCursors(new MemorySource(file));
        if (cursorCode is not null)
        {
            Assert.Equal(cursorCode, Assert.IsType<SnapshotDamagedException>(error).Code);
        }

        Assert.True(time.Elapsed < Patience, $"It took {time.Elapsed}.");
    }
}
