using System.Buffers.Binary;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Etcd.Bolt;

/// <summary>Reads the freelist where it is persisted, and holds it against the pages that can be reached.</summary>
internal static class BoltFreelist
{
    private const int Batch = 8192;

    /// <summary>Checks the free pages and returns how many there are.</summary>
    /// <param name="reachable">The pages that a walk met; those of the freelist itself are added.</param>
    public static long Check(IByteSource source, BoltMeta meta, PageSet reachable, FindingCollector findings)
    {
        var pages = (long)meta.HighWaterMark.Value;
        if (!meta.IsFreelistPersisted)
        {
            // bbolt rebuilds the list from reachability then, so nothing can contradict it.
            return pages - reachable.Count;
        }

        var free = new PageSet(meta.HighWaterMark);
        try
        {
            Read(source, meta, reachable, free, findings);
        }
        catch (SnapshotDamagedException damage)
        {
            findings.Error(damage);
            return 0;
        }

        long lost = 0;
        PageId? firstLost = null;
        for (ulong page = 0; page < meta.HighWaterMark.Value; page++)
        {
            var isFree = free.Contains(page);
            var isReachable = reachable.Contains(page);
            if (isFree && isReachable)
            {
                findings.Error("PageFreeAndReachable", "the freelist calls a page free that is in use.", new(page));
            }
            else if (!isFree && !isReachable)
            {
                lost++;
                firstLost ??= new(page);
            }
        }

        if (lost > 0)
        {
            findings.Error("PageLost", $"{lost:N0} pages are neither in use nor free, this one first.", firstLost);
        }

        return free.Count;
    }

    private static void Read(IByteSource source, BoltMeta meta, PageSet reachable, PageSet free, FindingCollector findings)
    {
        var id = meta.Freelist;
        if (id.Value < 2 || id >= meta.HighWaterMark)
        {
            throw new SnapshotDamagedException(source.Name, "FreelistOutOfRange", id, "the meta page names a freelist outside the file.");
        }

        Span<byte> header = stackalloc byte[BoltLayout.HeaderSize + sizeof(ulong)];
        var start = (long)id.Value * meta.PageSize;
        source.ReadExactly(start, header);
        var page = new BoltPage(header, source.Name);
        if (page.Id != id || page.Kind != PageKind.Freelist || page.Overflow >= meta.HighWaterMark.Value - id.Value)
        {
            throw new SnapshotDamagedException(source.Name, "FreelistWrong", id, "the page that the meta names is not a freelist.");
        }

        for (ulong i = 0; i <= page.Overflow; i++)
        {
            if (!reachable.Add(id.Value + i))
            {
                findings.Error("PageReferencedTwice", "the freelist lies on a page that is in use.", new(id.Value + i));
            }
        }

        ulong count = (ulong)page.Count;
        var at = start + BoltLayout.HeaderSize;
        if (page.Count == BoltLayout.ManyFreePages)
        {
            count = BinaryPrimitives.ReadUInt64LittleEndian(header[BoltLayout.HeaderSize..]);
            at += sizeof(ulong);
        }

        var room = (ulong)(start + (((long)page.Overflow + 1) * meta.PageSize) - at) / sizeof(ulong);
        if (count > room)
        {
            throw new SnapshotDamagedException(source.Name, "FreelistWrong", id, $"the freelist claims {count:N0} entries, there is room for {room:N0}.");
        }

        ReadIds(source, at, (long)count, meta, free, findings);
    }

    private static void ReadIds(IByteSource source, long at, long count, BoltMeta meta, PageSet free, FindingCollector findings)
    {
        var buffer = new byte[(int)Math.Min(count, Batch) * sizeof(ulong)];
        while (count > 0)
        {
            var bytes = buffer.AsSpan(0, (int)Math.Min(count, Batch) * sizeof(ulong));
            source.ReadExactly(at, bytes);
            at += bytes.Length;
            count -= bytes.Length / sizeof(ulong);
            for (; !bytes.IsEmpty; bytes = bytes[sizeof(ulong)..])
            {
                var page = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
                if (page < 2 || page >= meta.HighWaterMark.Value)
                {
                    findings.Error("FreePageOutOfRange", "the freelist names a page outside the file.", new(page));
                }
                else if (!free.Add(page))
                {
                    findings.Error("PageFreedTwice", "the freelist names a page twice.", new(page));
                }
            }
        }
    }
}
