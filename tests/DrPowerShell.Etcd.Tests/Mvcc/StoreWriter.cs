using System.Buffers.Binary;
using System.Text;
using DrPowerShell.Etcd.Tests.Bolt;

namespace DrPowerShell.Etcd.Tests.Mvcc;

/// <summary>Writes the rows that an etcd store would: transactions of puts and deletes, in revisions, into a database of any page size.</summary>
internal sealed class StoreWriter
{
    private readonly Dictionary<string, (long Create, long Version)> _live = [];
    private readonly List<Item> _rows = [];
    private long _sub;

    /// <summary>The main revision of the transaction under way; an empty store is at 1.</summary>
    public long Revision { get; private set; } = 1;

    public IReadOnlyList<Item> Rows => _rows;

    public int LiveKeys => _live.Count;

    public StoreWriter Begin()
    {
        Revision++;
        _sub = 0;
        return this;
    }

    public StoreWriter Put(string key, string value, long lease = 0)
    {
        var before = _live.GetValueOrDefault(key, (Create: Revision, Version: 0));
        _live[key] = (before.Create, before.Version + 1);
        _rows.Add(new Item(RowKey(Revision, _sub++), KeyValue(key, Encoding.UTF8.GetBytes(value), before.Create, Revision, before.Version + 1, lease)));
        return this;
    }

    public StoreWriter Delete(string key)
    {
        _live.Remove(key);
        _rows.Add(new Item([.. RowKey(Revision, _sub++), (byte)'t'], KeyValue(key, [], 0, 0, 0, 0)));
        return this;
    }

    /// <summary>Seeded puts, overwrites and deletes, several in some transactions.</summary>
    public StoreWriter Random(int seed, int rows, int keys)
    {
        var random = new Random(seed);
        while (_rows.Count < rows)
        {
            Begin();
            var used = new HashSet<string>();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                var key = $"/r/{random.Next(keys):D6}";
                if (used.Add(key))
                {
                    _ = _live.ContainsKey(key) && random.Next(3) == 0 ? Delete(key) : Put(key, new string('v', random.Next(40)));
                }
            }
        }

        return this;
    }

    /// <summary>The top-level buckets of an etcd 3.5 database around the rows.</summary>
    public ulong WriteTo(DatabaseWriter database, long finished = 0, long scheduled = 0, IEnumerable<Item>? rows = null)
    {
        var meta = new List<Item> { new("consistent_index"u8.ToArray(), Number(42)) };
        if (finished > 0)
        {
            meta.Add(new("finishedCompactRev"u8.ToArray(), RowKey(finished, 0)));
        }

        if (Math.Max(finished, scheduled) > 0)
        {
            meta.Add(new("scheduledCompactRev"u8.ToArray(), RowKey(Math.Max(finished, scheduled), 0)));
        }

        meta.Add(new("term"u8.ToArray(), Number(3)));
        return database.Leaf(
            Item.Inline("alarm"),
            Item.Inline("auth"),
            Item.Inline("cluster", new Item("clusterVersion", "3.5.0")),
            Item.Bucket("key", database.Tree(rows ?? _rows)),
            Item.Inline("lease"),
            Item.Inline("members", new Item("8e9e05c52164694d", "{\"id\":10276657743932975437,\"peerURLs\":[\"http://localhost:2380\"],\"name\":\"default\"}")),
            Item.Inline("members_removed"),
            Item.Inline("meta", [.. meta]));
    }

    public byte[] ToDatabase(int pageSize = 4096, long finished = 0, long scheduled = 0, bool digest = false)
    {
        var database = new DatabaseWriter(pageSize);
        return database.Finish(WriteTo(database, finished, scheduled), digest: digest);
    }

    public static byte[] RowKey(long main, long sub)
    {
        var key = new byte[17];
        BinaryPrimitives.WriteInt64BigEndian(key, main);
        key[8] = (byte)'_';
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(9), sub);
        return key;
    }

    public static byte[] KeyValue(string key, ReadOnlySpan<byte> value, long create, long mod, long version, long lease)
    {
        var bytes = new MemoryStream();
        void Varint(ulong number)
        {
            for (; number >= 0x80; number >>= 7)
            {
                bytes.WriteByte((byte)(number | 0x80));
            }

            bytes.WriteByte((byte)number);
        }

        void Field(int number, long content)
        {
            if (content != 0)
            {
                Varint((ulong)number << 3);
                Varint((ulong)content);
            }
        }

        bytes.WriteByte(10);
        Varint((ulong)Encoding.UTF8.GetByteCount(key));
        bytes.Write(Encoding.UTF8.GetBytes(key));
        Field(2, create);
        Field(3, mod);
        Field(4, version);
        if (!value.IsEmpty)
        {
            bytes.WriteByte(42);
            Varint((ulong)value.Length);
            bytes.Write(value);
        }

        Field(6, lease);
        return bytes.ToArray();
    }

    private static byte[] Number(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
