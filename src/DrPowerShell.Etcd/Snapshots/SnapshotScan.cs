using System.Buffers.Binary;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Mvcc;

namespace DrPowerShell.Etcd.Snapshots;

/// <summary>One walk over a database: structure, status hash and counts and, where asked for, the rows of the store.</summary>
internal sealed class SnapshotScan : IBoltVisitor, IDisposable
{
    private const int MaxLeases = 1 << 20;

    private readonly BoltDatabase _database;
    private readonly FindingCollector _findings;
    private readonly Action<long>? _onPages;
    private readonly CancellationToken _cancellationToken;
    private readonly MvccScan? _mvcc;
    private uint _hash = Crc32C.Begin;
    private long _items;
    private int _depth;
    private bool _isKeyBucket;
    private bool _hasKeyBucket;

    public SnapshotScan(
        IByteSource source,
        FindingCollector findings,
        bool withRows,
        Action<long>? onPages,
        CancellationToken cancellationToken,
        ScanLimits? limits = null)
    {
        limits ??= new ScanLimits();
        _database = BoltDatabase.Open(source, limits.CacheCapacity);
        _findings = findings;
        _onPages = onPages;
        _cancellationToken = cancellationToken;
        if (withRows)
        {
            _mvcc = new MvccScan(findings, ReadCompaction(), ReadLeases(), _database.ImageLength, limits);
        }
    }

    public BoltDatabase Database => _database;

    /// <summary>The offline HashKV: at the newest revision, and as a server answers once it has booted from the image.</summary>
    public (uint Now, uint AfterBoot, long Revision)? HashKv => _mvcc is null ? null : (_mvcc.HashKv, _mvcc.HashKvAfterBoot, _mvcc.CurrentRevision);

    /// <summary>Walks; null where the findings leave nothing to tell.</summary>
    public SnapshotStatus? Run()
    {
        var walker = new BoltWalker(_database.Cache, _findings, this, _onPages, _cancellationToken);
        walker.Walk(_database.Meta);
        var freePages = BoltFreelist.Check(_database.Source, _database.Meta, walker.Reachable, _findings);
        if (!_hasKeyBucket)
        {
            _findings.Error("KeyBucketMissing", "the database has no bucket 'key': it is not an etcd store.");
        }

        if (_findings.IsHopeless)
        {
            _findings.Error("TooManyErrors", $"more than {FindingCollector.HopelessAfter:N0} errors were found; the rest was not looked at.");
            return null;
        }

        SnapshotMetadata metadata;
        try
        {
            _mvcc?.Finish(ReadRows);
            ReportMissingLeases();
            metadata = SnapshotMetadataReader.Read(_database, _cancellationToken);
        }
        catch (SnapshotDamagedException damage)
        {
            _findings.Error(damage);
            return null;
        }

        // etcd 3.4 writes the index with the first change of a new store.
        if (metadata.ConsistentIndex is null && metadata.Revision > 0)
        {
            _findings.Warning("ConsistentIndexMissing", "the database does not say which raft index it has applied.", bucket: "meta");
        }

        return new SnapshotStatus
        {
            Hash = Crc32C.End(_hash),
            Revision = metadata.Revision,
            TotalKeyV35 = _items,
            TotalKeyV36 = _mvcc?.LiveKeys,
            TotalSize = _database.ImageLength,
            OldestRevision = _mvcc?.Oldest?.Main,
            CompactedRevision = metadata.CompactedRevision,
            ScheduledCompactRevision = metadata.ScheduledCompactRevision > metadata.CompactedRevision ? metadata.ScheduledCompactRevision : 0,
            Tombstones = _mvcc?.Tombstones,
            KeyPrefixes = _mvcc?.Prefixes ?? [],
            FreeBytes = freePages * _database.Meta.PageSize,
            Metadata = metadata,
        };
    }

    public void EnterBucket(ReadOnlySpan<byte> name, int depth)
    {
        _depth = depth;
        if (depth <= 2)
        {
            _hash = Crc32C.Update(_hash, name);
        }

        if (depth == 1)
        {
            _isKeyBucket = name.SequenceEqual("key"u8);
            _hasKeyBucket |= _isKeyBucket;
            return;
        }

        // ForEach shows a nested bucket as a key without a value; etcd has none.
        _items += depth == 2 ? 1 : 0;
        _findings.Error("NestedBucket", "a bucket lies inside a bucket, which etcd does not do.", bucket: EtcdText.Show(name[..Math.Min(name.Length, 256)]));
    }

    public void Item(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, PageId page)
    {
        if (_depth > 1)
        {
            return;
        }

        _items++;
        if (_isKeyBucket && _mvcc is not null)
        {
            _mvcc.Row(ref _hash, key, value, page);
        }
        else
        {
            _hash = Crc32C.Update(Crc32C.Update(_hash, key), value);
        }
    }

    public void LeaveBucket(int depth) => _depth = depth - 1;

    public void Dispose() => _mvcc?.Dispose();

    private CompactionMarks ReadCompaction()
    {
        try
        {
            return SnapshotMetadataReader.Compaction(_database.OpenBucket("meta"u8));
        }
        catch (SnapshotDamagedException)
        {
            // The walk will meet the same page and report it.
            return default;
        }
    }

    private HashSet<long>? ReadLeases()
    {
        try
        {
            var leases = new HashSet<long>();
            using var cursor = _database.OpenBucket("lease"u8)?.OpenCursor();
            for (var more = cursor?.MoveFirst() == true; more; more = cursor!.MoveNext())
            {
                _cancellationToken.ThrowIfCancellationRequested();
                if (leases.Count >= MaxLeases)
                {
                    _findings.Information("LeasesNotChecked", $"there are more than {MaxLeases:N0} leases: keys were not held against them.", "lease");
                    return null;
                }

                if (cursor!.Key.Length == sizeof(long))
                {
                    leases.Add(BinaryPrimitives.ReadInt64BigEndian(cursor.Key));
                }
            }

            return leases;
        }
        catch (SnapshotDamagedException)
        {
            return null;
        }
    }

    private void ReadRows(RowAction action)
    {
        using var cursor = _database.OpenBucket("key"u8)?.OpenCursor();
        for (var more = cursor?.MoveFirst() == true; more; more = cursor!.MoveNext())
        {
            _cancellationToken.ThrowIfCancellationRequested();
            if (Revision.TryRead(cursor!.Key, out var revision, out var isTombstone)
                && !action(revision, isTombstone, cursor.Key, cursor.Value, cursor.Page))
            {
                return;
            }
        }
    }

    private void ReportMissingLeases()
    {
        if (_mvcc is null || _mvcc.MissingLeases.Count == 0)
        {
            return;
        }

        using var cursor = _database.OpenBucket("key"u8)?.OpenCursor();
        foreach (var revision in _mvcc.MissingLeases.First)
        {
            if (cursor?.Seek(revision.ToKey()) == true && StoredKeyValue.TryRead(cursor.Value, out var stored))
            {
                var key = EtcdText.Show(stored.Key[..Math.Min(stored.Key.Length, 256)]);
                _findings.Warning("LeaseMissing", $"a live key names lease {stored.Lease:x}, which is not there: it will never expire.", bucket: "key", key: key);
            }
        }

        var more = _mvcc.MissingLeases.Count - _mvcc.MissingLeases.First.Count;
        if (more > 0)
        {
            _findings.Warning("LeaseMissing", $"{more:N0} more live keys name leases that are not there.", bucket: "key");
        }
    }
}
