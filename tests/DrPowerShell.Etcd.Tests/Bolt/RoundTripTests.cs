using System.Text;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Tests.Mvcc;
using DrPowerShell.Etcd.Tests.Snapshots;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Bolt;

/// <summary>Random buckets, written by the tests' own writer, are read back equal by cursors and by the walker, at any page size and cache.</summary>
public sealed class RoundTripTests
{
    public static IEnumerable<object[]> Cases =>
        from pageSize in new[] { 1024, 4096, 16384, 65536, 1 << 20 }
        from seed in Enumerable.Range(1, 4)
        select new object[] { pageSize, seed };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Cursors_and_the_walker_read_what_was_written(int pageSize, int seed)
    {
        var random = new Random(seed);
        var buckets = Enumerable.Range(0, random.Next(1, 6)).ToDictionary(i => $"bucket{i}", _ => RandomItems(random, pageSize));
        var writer = new DatabaseWriter(pageSize);
        var root = writer.Leaf([.. buckets.Select(b =>
            b.Value.Sum(i => i.Key.Length + i.Value.Length + 16) < pageSize / 4 ? Item.Inline(b.Key, [.. b.Value]) : Item.Bucket(b.Key, writer.Tree(b.Value, random.Next(2, 60))))]);
        var file = writer.Finish(root);

        // A capacity of one byte keeps one block: everything else is read again and again, around what is pinned.
        foreach (var capacity in new[] { 1, 200_000, PageCache.DefaultCapacity })
        {
            var database = BoltDatabase.Open(new MemorySource(file), capacity);
            foreach (var (name, items) in buckets)
            {
                Compare(database.OpenBucket(Encoding.UTF8.GetBytes(name))!, items, random);
            }

            Assert.Null(database.OpenBucket("nobucket"u8));
            var seen = new Recorder();
            var findings = new FindingCollector();
            new BoltWalker(database.Cache, findings, seen, null, CancellationToken.None).Walk(database.Meta);
            Assert.Empty(findings.ToList());
            Assert.Equal(buckets.SelectMany(b => b.Value.Select(i => $"{b.Key}:{Show(i.Key)}={Show(i.Value)}")), seen.Items);
        }
    }

    [Fact]
    public void Several_cursors_at_once_keep_their_own_places_in_a_cache_of_one_block()
    {
        var items = Enumerable.Range(0, 20_000).Select(i => new Item($"{i:D8}", $"value {i}")).ToList();
        var writer = new DatabaseWriter(1024);
        var database = BoltDatabase.Open(new MemorySource(writer.Finish(writer.Leaf(Item.Bucket("b", writer.Tree(items, 10))))), 1);
        var cursors = Enumerable.Range(0, 20).Select(_ => database.OpenBucket("b"u8)!.OpenCursor()).ToList();
        var at = cursors.Select((c, i) => (Cursor: c, At: i * 997)).ToArray();
        foreach (var (cursor, index) in at)
        {
            Assert.True(cursor.Seek(items[index].Key));
        }

        var random = new Random(3);
        for (var step = 0; step < 20_000; step++)
        {
            var i = random.Next(at.Length);
            Assert.Equal(items[at[i].At].Key, at[i].Cursor.Key.ToArray());
            Assert.Equal(items[at[i].At].Value, at[i].Cursor.Value.ToArray());
            at[i].At++;
            Assert.Equal(at[i].At < items.Count, at[i].Cursor.MoveNext());
            if (at[i].At >= items.Count || random.Next(50) == 0)
            {
                at[i].At = random.Next(items.Count);
                Assert.True(at[i].Cursor.Seek(items[at[i].At].Key));
            }
        }

        cursors.ForEach(c => c.Dispose());
    }

    [Fact]
    public void The_last_key_is_found_before_empty_pages()
    {
        var writer = new DatabaseWriter();
        var (full, empty) = (writer.Leaf(new Item("a", "1"), new Item("b", "2")), writer.Leaf());
        var branch = writer.BranchOf(("a"u8.ToArray(), full), ("c"u8.ToArray(), empty), ("d"u8.ToArray(), writer.Leaf()));
        var database = BoltDatabase.Open(new MemorySource(writer.Finish(writer.Leaf(Item.Bucket("b", branch), Item.Bucket("e", empty)))));
        using var cursor = database.OpenBucket("b"u8)!.OpenCursor();
        Assert.True(cursor.MoveLast());
        Assert.Equal("b"u8, cursor.Key);
        Assert.False(cursor.MoveNext());
        Assert.True(cursor.MoveFirst());
        Assert.True(cursor.MoveNext());
        Assert.False(cursor.MoveNext());
        Assert.False(cursor.Seek("c"u8));
        Assert.Throws<InvalidOperationException>(() => cursor.Key.ToArray());
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(4096)]
    [InlineData(16384)]
    [InlineData(65536)]
    public void A_store_says_the_same_at_every_page_size(int pageSize)
    {
        var store = new StoreWriter().Random(21, 5000, 800);
        var expected = Verify.Full(store.ToDatabase(4096, finished: 500));
        var file = store.ToDatabase(pageSize, finished: 500, digest: true);
        var result = Verify.Full(file);
        Assert.True(result.IsValid, string.Join('\n', result.Findings));
        Assert.True(result.DigestPresent);
        Assert.Equal(expected.Status!.Hash, result.Status!.Hash);
        Assert.Equal(expected.HashKv, result.HashKv);
        Assert.Equal(store.LiveKeys, result.Status.TotalKeyV36);
        Assert.Equal(store.Revision, result.Status.Revision);
        Assert.Equal(pageSize, result.Status.Metadata.PageSize);

        // Page 0 is lost, and with it what says how long a page is.
        var raw = file[..^32];
        raw.AsSpan(0, 80).Clear();
        Assert.Equal(expected.Status.Hash, Verify.Full(raw).Status!.Hash);
    }

    private static void Compare(BoltBucket bucket, List<Item> items, Random random)
    {
        using var cursor = bucket.OpenCursor();
        var more = cursor.MoveFirst();
        foreach (var item in items)
        {
            Assert.True(more);
            Assert.Equal(item.Key, cursor.Key.ToArray());
            Assert.Equal(item.Value, cursor.Value.ToArray());
            more = cursor.MoveNext();
        }

        Assert.False(more);
        Assert.Equal(items.Count > 0, cursor.MoveLast());
        if (items.Count > 0)
        {
            Assert.Equal(items[^1].Key, cursor.Key.ToArray());
        }

        for (var i = 0; i < 50; i++)
        {
            var key = i % 2 == 0 && items.Count > 0 ? items[random.Next(items.Count)].Key : Bytes(random, random.Next(1, 20));
            var index = items.FindIndex(item => item.Key.AsSpan().SequenceCompareTo(key) >= 0);
            Assert.Equal(index >= 0, cursor.Seek(key));
            if (index >= 0)
            {
                Assert.Equal(items[index].Key, cursor.Key.ToArray());
                Assert.Equal(index + 1 < items.Count, cursor.MoveNext());
            }

            Assert.Equal(index >= 0 && items[index].Key.AsSpan().SequenceEqual(key) ? items[index].Value : null, bucket.Get(key));
        }
    }

    private static List<Item> RandomItems(Random random, int pageSize)
    {
        var keys = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        for (var i = random.Next(4) == 0 ? random.Next(3) : random.Next(2000); i > 0; i--)
        {
            var size = random.Next(200) == 0 ? random.Next(pageSize * 3) : random.Next(60);
            keys[Convert.ToHexString(Bytes(random, random.Next(1, 20)))] = Bytes(random, Math.Min(size, 300_000));
        }

        return [.. keys.Select(k => new Item(Convert.FromHexString(k.Key), k.Value))];
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string Show(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes);

    private sealed class Recorder : IBoltVisitor
    {
        private string _bucket = "";

        public List<string> Items { get; } = [];

        public void EnterBucket(ReadOnlySpan<byte> name, int depth) => _bucket = Encoding.UTF8.GetString(name);

        public void Item(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, PageId page) => Items.Add($"{_bucket}:{Show(key)}={Show(value)}");

        public void LeaveBucket(int depth)
        {
        }
    }
}
