using System.Buffers.Binary;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Mvcc;

namespace DrPowerShell.Etcd.Snapshots;

/// <summary>
/// Reads the keys that lived at a revision, in byte order, from the rows of a snapshot, which lie in order of time: a pass collects the
/// smallest keys that fit into a bounded memory, and another one goes on behind them where there are more.
/// </summary>
public sealed class SnapshotKeyReader : IDisposable
{
    private const long DefaultBudget = 48L << 20;
    private const int CostOfEntry = 96;
    private const int MaxLeases = 1 << 20;

    private readonly IByteSource _source;
    private readonly BoltDatabase _database;
    private readonly long _budget;

    private SnapshotKeyReader(IByteSource source, long budget)
    {
        _source = source;
        _budget = budget;
        _database = BoltDatabase.Open(source);
        Metadata = SnapshotMetadataReader.Read(_database);
    }

    /// <summary>What the small buckets say.</summary>
    public SnapshotMetadata Metadata { get; }

    /// <summary>Opens a snapshot, or a raw member/snap/db of a stopped member. Its digest is not read: verify first what must be trusted.</summary>
    /// <exception cref="SnapshotFileNotFoundException">There is no such file.</exception>
    /// <exception cref="NotAnEtcdSnapshotException">The file is no database.</exception>
    /// <exception cref="SnapshotDamagedException">A page on the way cannot be read.</exception>
    public static SnapshotKeyReader Open(string path) => Open(path, DefaultBudget);

    internal static SnapshotKeyReader Open(string path, long budget) => Open(FileByteSource.Open(path), budget);

    internal static SnapshotKeyReader Open(IByteSource source, long budget = DefaultBudget)
    {
        try
        {
            return new SnapshotKeyReader(source, budget);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>The keys of a range that lived at a revision, with the values they had then. For one enumeration at a time.</summary>
    /// <param name="range">The keys.</param>
    /// <param name="revision">A main revision that the snapshot holds; 0 for the newest.</param>
    /// <param name="first">How many keys at most; 0 for all.</param>
    /// <exception cref="SnapshotRevisionCompactedException">The revision was compacted.</exception>
    /// <exception cref="SnapshotRevisionInFutureException">The snapshot ends before it.</exception>
    /// <exception cref="SnapshotDamagedException">A page or row cannot be read.</exception>
    public IEnumerable<EtcdKeyValue> Read(EtcdKeyRange range, long revision = 0, int first = 0, CancellationToken cancellationToken = default)
    {
        // A compaction that was only scheduled may have removed rows already, and one that ran may have removed the newest.
        var compacted = Math.Max(Metadata.CompactedRevision, Metadata.ScheduledCompactRevision);
        var newest = Math.Max(Math.Max(Metadata.Revision, 1), compacted);
        if (revision > newest)
        {
            throw new SnapshotRevisionInFutureException(_source.Name, revision, newest);
        }

        if (revision > 0 && revision < compacted)
        {
            throw new SnapshotRevisionCompactedException(_source.Name, revision, compacted);
        }

        return Enumerate(range, revision == 0 ? long.MaxValue : revision, first == 0 ? int.MaxValue : first, cancellationToken);
    }

    /// <summary>The ids of the leases; null where there are more than a million.</summary>
    /// <exception cref="SnapshotDamagedException">A page on the way cannot be read.</exception>
    public IReadOnlySet<long>? ReadLeases(CancellationToken cancellationToken = default)
    {
        var leases = new HashSet<long>();
        using var cursor = _database.OpenBucket("lease"u8)?.OpenCursor();
        for (var more = cursor?.MoveFirst() == true; more; more = cursor!.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            // The id is the row's key, a big-endian 64-bit number (etcd v3.6 server/storage/schema/lease.go).
            if (cursor!.Key.Length == sizeof(long))
            {
                leases.Add(BinaryPrimitives.ReadInt64BigEndian(cursor.Key));
            }

            if (leases.Count > MaxLeases)
            {
                return null;
            }
        }

        return leases;
    }

    public void Dispose() => _source.Dispose();

    private IEnumerable<EtcdKeyValue> Enumerate(EtcdKeyRange range, long revision, int first, CancellationToken cancellationToken)
    {
        byte[]? from = null;
        while (first > 0)
        {
            var (found, next) = Collect(range, from, revision, first, cancellationToken);
            foreach (var row in found)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (first-- == 0)
                {
                    yield break;
                }

                yield return Fetch(row);
            }

            if (next is null)
            {
                yield break;
            }

            from = next;
        }
    }

    // One pass over all rows: the rows of the smallest keys from a key on, in key order, and the key to go on from.
    private (List<Revision> Rows, byte[]? Next) Collect(EtcdKeyRange range, byte[]? from, long revision, int first, CancellationToken cancellationToken)
    {
        var newest = new Dictionary<byte[], Revision>(KeyComparer.Instance);
        byte[]? limit = null;
        long cost = 0;
        using var cursor = _database.OpenBucket("key"u8)?.OpenCursor();
        for (var more = cursor?.MoveFirst() == true; more; more = cursor!.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!Revision.TryRead(cursor!.Key, out var row, out var isTombstone) || !StoredKeyValue.TryRead(cursor.Value, out var stored))
            {
                throw new SnapshotDamagedException(_source.Name, "KeyValueMalformed", cursor!.Page, "a row of the store cannot be read.");
            }

            if (row.Main > revision)
            {
                break;
            }

            // The row of a revision bump has no key.
            if (stored.Key.IsEmpty || !range.Contains(stored.Key)
                || (from is not null && stored.Key.SequenceCompareTo(from) < 0)
                || (limit is not null && stored.Key.SequenceCompareTo(limit) >= 0))
            {
                continue;
            }

            var key = stored.Key.ToArray();

            if (isTombstone)
            {
                cost -= newest.Remove(key) ? key.Length + CostOfEntry : 0;
                continue;
            }

            if (newest.TryAdd(key, row))
            {
                cost += key.Length + CostOfEntry;
                if (newest.Count > 1 && (cost > _budget || newest.Count > 2L * first + 1024))
                {
                    limit = DropLarger(newest, ref cost, first);
                }
            }
            else
            {
                newest[key] = row;
            }
        }

        return ([.. newest.OrderBy(n => n.Key, KeyComparer.Instance).Select(n => n.Value)], limit);
    }

    // Keeps the smaller half (or what is asked for), and returns the first key that was let go.
    private static byte[] DropLarger(Dictionary<byte[], Revision> newest, ref long cost, int first)
    {
        var keys = newest.Keys.Order(KeyComparer.Instance).ToList();
        var kept = Math.Max(1, Math.Min(keys.Count / 2, first));
        foreach (var key in keys.Skip(kept))
        {
            newest.Remove(key);
            cost -= key.Length + CostOfEntry;
        }

        return keys[kept];
    }

    private EtcdKeyValue Fetch(Revision row)
    {
        using var cursor = _database.OpenBucket("key"u8)!.OpenCursor();
        return cursor.Seek(row.ToKey()) && StoredKeyValue.TryRead(cursor.Value, out var stored)
            ? stored.ToKeyValue()
            : throw new SnapshotDamagedException(_source.Name, "RowMissing", null, $"the row of revision {row} cannot be found again.");
    }
}
