using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Raft;

namespace DrPowerShell.Etcd.Snapshots.Restore;

/// <summary>
/// What a restore changes in a database: a few small buckets as a whole, and one row for a revision bump
/// (etcdutl/snapshot/v3_snapshot.go saveDB, modifyLatestRevision, updateCIndex).
/// </summary>
internal sealed class RestoreEdits
{
    private const int MaxItems = 100_000;

    private readonly Dictionary<string, SortedDictionary<byte[], byte[]>> _buckets = new(StringComparer.Ordinal);

    private RestoreEdits()
    {
    }

    /// <summary>The row that raises the revision, null for none.</summary>
    public Revision? BumpedTo { get; private set; }

    /// <summary>The store's revision once etcd has started.</summary>
    public long Revision { get; private set; }

    /// <summary>The names of the buckets that are replaced or made.</summary>
    public IEnumerable<string> Names => _buckets.Keys;

    /// <summary>The new items of a bucket, in byte order; null where it stays as it is.</summary>
    public IReadOnlyCollection<(byte[] Key, byte[] Value)>? ItemsOf(string bucket) =>
        _buckets.TryGetValue(bucket, out var items) ? [.. items.Select(i => (i.Key, i.Value))] : null;

    public static RestoreEdits Plan(BoltDatabase database, SnapshotMetadata metadata, RestoreOptions options)
    {
        var edits = new RestoreEdits();
        var state = new RaftState(options.Topology);
        edits._buckets["members_removed"] = NewBucket();
        var members = edits._buckets["members"] = NewBucket();
        foreach (var member in options.Topology.Members)
        {
            members[Encoding.ASCII.GetBytes(member.IdText)] = MemberJson.Of(member);
        }

        var cluster = edits._buckets["cluster"] = Load(database, "cluster");
        if (options.ClearDowngrade)
        {
            cluster.Remove("downgrade"u8.ToArray());
        }

        if (options.ClearAlarms)
        {
            edits._buckets["alarm"] = NewBucket();
        }

        if (options.DisableAuth && metadata.IsAuthEnabled)
        {
            edits._buckets["auth"] = Load(database, "auth");
            edits._buckets["auth"]["authEnabled"u8.ToArray()] = [0];
        }

        var meta = edits._buckets["meta"] = Load(database, "meta");
        meta["consistent_index"u8.ToArray()] = BigEndian(state.Commit);
        meta["term"u8.ToArray()] = BigEndian(RaftState.Term);
        if (meta.ContainsKey("confState"u8.ToArray()))
        {
            meta["confState"u8.ToArray()] = ConfState(options.Topology);
        }

        // Where a compaction took the last row with it, the store still goes on from the compacted revision; an empty store is at 1
        // (server/storage/mvcc/kvstore.go restore).
        edits.Revision = Math.Max(1, Math.Max(metadata.Revision, metadata.CompactedRevision));
        if (options.RevisionBump != 0)
        {
            edits.Revision += RestorePreflight.CheckBump(edits.Revision, options.RevisionBump);
            var bumped = new Revision(edits.Revision, 0);
            edits.BumpedTo = bumped;
            meta["scheduledCompactRev"u8.ToArray()] = bumped.ToKey();
        }

        return edits;
    }

    private static byte[] ConfState(ClusterTopology topology)
    {
        static string Ids(IEnumerable<TopologyMember> members) => string.Join(',', members.Select(m => m.Id.ToString(CultureInfo.InvariantCulture)));
        var learners = topology.Members.Where(m => m.IsLearner).ToList();
        var learnersJson = learners.Count == 0 ? "" : $",\"learners\":[{Ids(learners)}]";
        return Encoding.ASCII.GetBytes($"{{\"voters\":[{Ids(topology.Members.Where(m => !m.IsLearner))}]{learnersJson},\"auto_leave\":false}}");
    }

    private static SortedDictionary<byte[], byte[]> NewBucket() => new(Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)));

    private static SortedDictionary<byte[], byte[]> Load(BoltDatabase database, string name)
    {
        var items = NewBucket();
        using var cursor = database.OpenBucket(Encoding.ASCII.GetBytes(name))?.OpenCursor();
        for (var more = cursor?.MoveFirst() == true; more; more = cursor!.MoveNext())
        {
            if (items.Count >= MaxItems || cursor!.IsBucket)
            {
                throw new SnapshotDamagedException(database.Source.Name, "BucketUnexpected", cursor!.Page, $"bucket '{name}' is not what etcd keeps there.");
            }

            items[cursor!.Key.ToArray()] = cursor.Value.ToArray();
        }

        return items;
    }

    private static byte[] BigEndian(ulong value)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
