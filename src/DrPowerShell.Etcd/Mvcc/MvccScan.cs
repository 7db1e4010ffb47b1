using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Etcd.Mvcc;

/// <summary>
/// Reads the rows of the <c>key</c> bucket once, in order: checks each one and what they say of each other, counts the live keys, and
/// computes the HashKV that a server would answer (etcd v3.6 server/storage/mvcc/hash.go, kvstore.go).
/// </summary>
internal sealed unsafe class MvccScan : IDisposable
{
    private readonly FindingCollector _findings;
    private readonly CompactionMarks _compaction;
    private readonly HashSet<long>? _leases;
    private readonly KeyIndex _index;
    private readonly KeyPrefixCounter _prefixes = new();
    private readonly RowDigests _digests;
    private readonly List<Revision> _missingLeases = [];
    private uint _tail;
    private ulong _tailLength;
    private uint _rows;
    private uint _rowsCompacted;
    private long _missingLeaseCount;
    private ulong[] _keep = [];

    public MvccScan(FindingCollector findings, CompactionMarks compaction, HashSet<long>? leases, long imageLength, ScanLimits limits)
    {
        _findings = findings;
        _compaction = compaction;
        _leases = leases;
        _index = new KeyIndex(imageLength / 128, limits.KeySlots);
        _digests = new RowDigests(limits.RowDigests);
    }

    public long Rows => _rows;

    public long LiveKeys { get; private set; }

    public long Tombstones { get; private set; }

    public Revision? Oldest { get; private set; }

    public Revision? Newest { get; private set; }

    public IReadOnlyList<KeyPrefixCount> Prefixes => _prefixes.ToList();

    /// <summary>The store's revision once it is loaded.</summary>
    public long CurrentRevision => Math.Max(Math.Max(Newest?.Main ?? 1, _compaction.Finished), _compaction.Scheduled);

    /// <summary>Live keys that name a lease which is not there: how many, and the rows of the first ones.</summary>
    public (long Count, IReadOnlyList<Revision> First) MissingLeases => (_missingLeaseCount, _missingLeases);

    /// <summary>Takes the next row; <paramref name="status"/> is the register of the status hash, fed on the way.</summary>
    public void Row(ref uint status, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, PageId page)
    {
        if (!Revision.TryRead(key, out var revision, out var isTombstone))
        {
            status = Crc32C.Update(Crc32C.Update(status, key), value);
            _findings.Error("RowKeyMalformed", "a row's key is not a revision.", page, "key", Convert.ToHexString(key[..Math.Min(key.Length, 32)]));
            return;
        }

        Oldest ??= revision;
        Newest = revision;
        Tombstones += isTombstone ? 1 : 0;
        Hash(ref status, revision, isTombstone, key, value);
        if (StoredKeyValue.TryRead(value, out var stored))
        {
            Index(revision, isTombstone, stored, value.IsEmpty, _rows, page);
        }
        else
        {
            _findings.Error("KeyValueMalformed", "a row's value is not a KeyValue message.", page, "key", revision.ToString());
        }

        _rows++;
    }

    /// <summary>Ends the pass over all rows; <paramref name="reread"/> reads them again where one pass could not hold all keys or rows.</summary>
    public void Finish(RowSource reread)
    {
        _keep = new ulong[(_rowsCompacted + 63) / 64];
        CloseIndex();
        while (_index.NextPart())
        {
            uint row = 0;
            reread((revision, isTombstone, _, value, page) =>
            {
                if (StoredKeyValue.TryRead(value, out var stored))
                {
                    Index(revision, isTombstone, stored, value.IsEmpty, row, page);
                }

                row++;
                return true;
            });
            CloseIndex();
        }

        (HashKv, HashKvAfterBoot) = _digests.IsFull ? HashAgain(reread) : JoinDigests();
        _digests.Clear();
    }

    /// <summary>What the server that this image was taken from would answer at its newest revision.</summary>
    public uint HashKv { get; private set; }

    /// <summary>What a server answers once it has booted from this image and finished a scheduled compaction.</summary>
    public uint HashKvAfterBoot { get; private set; }

    public void Dispose() => _index.Dispose();

    private void Hash(ref uint status, Revision revision, bool isTombstone, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (revision.Main > _compaction.Last)
        {
            Crc32C.UpdateTwo(ref status, ref _tail, key);
            Crc32C.UpdateTwo(ref status, ref _tail, value);
            _tailLength += (ulong)(key.Length + value.Length);
            return;
        }

        _rowsCompacted++;
        uint own = 0;
        Crc32C.UpdateTwo(ref status, ref own, key);
        Crc32C.UpdateTwo(ref status, ref own, value);
        if (!_digests.IsFull)
        {
            _digests.Add(own, key.Length + value.Length, isTombstone && revision.Main == _compaction.Last);
        }
    }

    private void Index(Revision revision, bool isTombstone, in StoredKeyValue stored, bool isMarker, uint row, PageId page)
    {
        var hash = KeyHash.Of(stored.Key);
        if (!_index.IsInPart(hash))
        {
            return;
        }

        var entry = _index.FindOrAdd(hash, row);
        if (entry is null)
        {
            return;
        }

        var isNew = entry->Main == 0;
        if (isNew)
        {
            entry->Prefix = _prefixes.NumberOf(stored.Key);
        }

        if (!isMarker && row >= _index.SeenRows)
        {
            CheckHistory(*entry, isLive: !isNew && !entry->IsTombstone, revision, isTombstone, stored, page);
        }

        entry->Main = revision.Main;
        entry->Sub = (int)revision.Sub;
        entry->IsTombstone = isTombstone;
        entry->CreateRevision = stored.CreateRevision;
        entry->Version = stored.Version;
        entry->Lease = stored.Lease;
        entry->Row = row;
    }

    // A compaction under way may have removed the rows before: only what lies beyond it must have its whole history.
    private void CheckHistory(in KeyIndex.Entry before, bool isLive, Revision revision, bool isTombstone, in StoredKeyValue stored, PageId page)
    {
        string? problem = null;
        if (isTombstone)
        {
            problem = !isLive && revision.Main > _compaction.Last ? "it deletes a key that does not exist" : null;
        }
        else if (stored.ModRevision != revision.Main)
        {
            problem = $"it calls itself a change of revision {stored.ModRevision}";
        }
        else if (isLive)
        {
            problem = stored.CreateRevision != before.CreateRevision || stored.Version != before.Version + 1
                ? $"it is version {stored.Version} created at {stored.CreateRevision}, after version {before.Version} created at {before.CreateRevision}"
                : null;
        }
        else if (revision.Main > _compaction.Last && (stored.CreateRevision != revision.Main || stored.Version != 1))
        {
            problem = $"it is version {stored.Version} created at {stored.CreateRevision}, with nothing before it";
        }

        if (problem is not null)
        {
            var key = EtcdText.Show(stored.Key[..Math.Min(stored.Key.Length, 256)]);
            _findings.Error("KeyHistoryInconsistent", $"the row at revision {revision} does not fit its key's history: {problem}.", page, "key", key);
        }
    }

    private void CloseIndex() => _index.ForEach((in entry) =>
    {
        if (entry.IsTombstone || entry.Main == 0)
        {
            return;
        }

        LiveKeys++;
        _prefixes.Count(entry.Prefix);
        // In a damaged file an old row may come late, and its number lie beyond those counted.
        if (entry.Main <= _compaction.Last && entry.Row < _rowsCompacted)
        {
            _keep[entry.Row / 64] |= 1UL << (int)(entry.Row % 64);
        }

        if (entry.Lease != 0 && _leases?.Contains(entry.Lease) == false)
        {
            _missingLeaseCount++;
            if (_missingLeases.Count < 10)
            {
                _missingLeases.Add(new Revision(entry.Main, entry.Sub));
            }
        }
    });

    private bool IsKept(uint row) => row < _rowsCompacted && (_keep[row / 64] & (1UL << (int)(row % 64))) != 0;

    // hash.go: rows up to the compacted revision count only where they are a live key's newest; if no key lives at all, nothing is left out
    // but a tombstone at the compacted revision itself. A compaction counts from when it is scheduled (kvstore.go updateCompactRev), so that
    // the hash does not change while rows are being removed.
    private bool CountsNow(uint row, bool isTombstoneAtLast) => LiveKeys > 0 ? IsKept(row) : !isTombstoneAtLast;

    private (uint Now, uint AfterBoot) JoinDigests()
    {
        uint now, afterBoot;
        now = afterBoot = Crc32C.Update(Crc32C.Begin, "key"u8);
        for (uint row = 0; row < _rowsCompacted; row++)
        {
            now = CountsNow(row, _digests.IsMarked((int)row)) ? _digests.Join(now, (int)row) : now;
            afterBoot = IsKept(row) ? _digests.Join(afterBoot, (int)row) : afterBoot;
        }

        var factor = Crc32C.ShiftFactor(_tailLength);
        return (Crc32C.End(Crc32C.Join(now, factor, _tail)), Crc32C.End(Crc32C.Join(afterBoot, factor, _tail)));
    }

    private (uint Now, uint AfterBoot) HashAgain(RowSource reread)
    {
        uint now, afterBoot, row = 0;
        now = afterBoot = Crc32C.Update(Crc32C.Begin, "key"u8);
        reread((revision, isTombstone, key, value, _) =>
        {
            if (revision.Main > _compaction.Last)
            {
                return false;
            }

            if (CountsNow(row, isTombstone && revision.Main == _compaction.Last))
            {
                now = Crc32C.Update(Crc32C.Update(now, key), value);
            }

            if (IsKept(row))
            {
                afterBoot = Crc32C.Update(Crc32C.Update(afterBoot, key), value);
            }

            row++;
            return true;
        });
        var factor = Crc32C.ShiftFactor(_tailLength);
        return (Crc32C.End(Crc32C.Join(now, factor, _tail)), Crc32C.End(Crc32C.Join(afterBoot, factor, _tail)));
    }
}

/// <summary>Is given one well-formed row after the other; returns false to stop.</summary>
internal delegate bool RowAction(Revision revision, bool isTombstone, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, PageId page);

/// <summary>Reads the rows of the <c>key</c> bucket in order.</summary>
internal delegate void RowSource(RowAction action);

/// <summary>The compaction marks of the <c>meta</c> bucket, 0 where there are none.</summary>
/// <param name="Finished">The last compaction that ran to its end.</param>
/// <param name="Scheduled">The last one that was begun; more than the finished one where it was cut short, or a restore bumped the revision.</param>
internal readonly record struct CompactionMarks(long Finished, long Scheduled)
{
    public long Last => Math.Max(Finished, Scheduled);
}
