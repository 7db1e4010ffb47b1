using System.Buffers.Binary;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Etcd.Bolt;

/// <summary>
/// Walks every reachable page once, in key order: checks what bbolt's <c>tx.Check</c> checks (v1.4 tx_check.go), collects all that is wrong,
/// and shows each key and value to a visitor on the way.
/// </summary>
internal sealed class BoltWalker
{
    private readonly PageCache _cache;
    private readonly FindingCollector _findings;
    private readonly IBoltVisitor _visitor;
    private readonly Action<long>? _onPages;
    private readonly CancellationToken _cancellationToken;
    private string _bucket = "";
    private int _bucketDepth;

    public BoltWalker(PageCache cache, FindingCollector findings, IBoltVisitor visitor, Action<long>? onPages, CancellationToken cancellationToken)
    {
        _cache = cache;
        _findings = findings;
        _visitor = visitor;
        _onPages = onPages;
        _cancellationToken = cancellationToken;
        Reachable = new PageSet(cache.HighWaterMark);
    }

    /// <summary>The pages that the walk has met, overflow pages and the two meta pages included.</summary>
    public PageSet Reachable { get; }

    /// <summary>Walks the whole database from its root bucket.</summary>
    public void Walk(BoltMeta meta)
    {
        Reachable.Add(0);
        Reachable.Add(1);
        WalkPage(meta.Root, default, default, hasMax: false, depth: 0);
    }

    private void WalkPage(PageId id, ReadOnlySpan<byte> min, ReadOnlySpan<byte> max, bool hasMax, int depth)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        if (depth >= BoltLayout.MaxDepth)
        {
            Report("TreeTooDeep", $"more than {BoltLayout.MaxDepth} levels of pages lie above each other.", id);
            return;
        }

        if (_findings.IsHopeless)
        {
            return;
        }

        PagePin pin;
        try
        {
            // Claimed before it is read: a page that a thousand places refer to is read once, however long it calls itself.
            var overflow = _cache.OverflowOf(id);
            if (!Claim(id, overflow))
            {
                return;
            }

            pin = _cache.Pin(id, overflow);
        }
        catch (SnapshotDamagedException damage)
        {
            _findings.Error(damage, BucketName);
            return;
        }

        try
        {
            var page = pin.Page;
            if (page.Kind == PageKind.Branch)
            {
                WalkBranch(page, min, max, hasMax, depth);
            }
            else
            {
                WalkLeaf(page, min, max, hasMax, depth, id);
            }
        }
        catch (SnapshotDamagedException damage)
        {
            _findings.Error(damage, BucketName);
        }
        finally
        {
            PageCache.Unpin(pin);
        }
    }

    private string? BucketName => _bucketDepth == 0 ? null : _bucket;

    // A page that two places refer to is walked once: the file's size bounds the work, whatever its pages say.
    private bool Claim(PageId id, uint overflow)
    {
        for (ulong i = 0; i <= overflow; i++)
        {
            if (!Reachable.Add(id.Value + i))
            {
                Report("PageReferencedTwice", "more than one place refers to this page.", new(id.Value + i));
                return false;
            }
        }

        _onPages?.Invoke(overflow + 1L);
        return true;
    }

    private void WalkBranch(BoltPage page, ReadOnlySpan<byte> min, ReadOnlySpan<byte> max, bool hasMax, int depth)
    {
        var count = page.Count;
        if (count == 0)
        {
            Report("BranchEmpty", "a branch page has no children.", page.Id);
            return;
        }

        page.Branch(0, out var key, out var child);
        CheckOrder(page.Id, 0, min, key, max, hasMax);
        for (var i = 0; i < count; i++)
        {
            if (i + 1 < count)
            {
                page.Branch(i + 1, out var next, out var nextChild);
                CheckOrder(page.Id, i + 1, key, next, max, hasMax);
                WalkPage(child, key, next, hasMax: true, depth + 1);
                key = next;
                child = nextChild;
            }
            else
            {
                WalkPage(child, key, max, hasMax, depth + 1);
            }
        }
    }

    private void WalkLeaf(BoltPage page, ReadOnlySpan<byte> min, ReadOnlySpan<byte> max, bool hasMax, int depth, PageId id)
    {
        var previous = min;
        var count = page.Count;
        for (var i = 0; i < count; i++)
        {
            page.Leaf(i, out var flags, out var key, out var value);
            CheckOrder(id, i, previous, key, max, hasMax);
            previous = key;
            if ((flags & BoltLayout.BucketElement) != 0)
            {
                WalkBucket(key, value, id, depth);
            }
            else if (_bucketDepth == 0)
            {
                Report("ItemOutsideBucket", "the root holds a key that is no bucket.", id);
            }
            else
            {
                _visitor.Item(key, value, id);
            }
        }
    }

    private void WalkBucket(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, PageId page, int depth)
    {
        if (value.Length < BoltLayout.BucketHeaderSize)
        {
            Report("BucketHeaderShort", $"a bucket's header has {value.Length} bytes instead of {BoltLayout.BucketHeaderSize}.", page, name);
            return;
        }

        var outer = _bucket;
        var shown = EtcdText.Show(name[..Math.Min(name.Length, 64)]);
        _bucket = _bucketDepth == 0 ? shown : $"{outer}/{shown}";
        _bucketDepth++;
        _visitor.EnterBucket(name, _bucketDepth);
        var root = BinaryPrimitives.ReadUInt64LittleEndian(value);
        if (root != 0)
        {
            WalkPage(new(root), default, default, hasMax: false, depth + 1);
        }
        else
        {
            WalkInline(value[BoltLayout.BucketHeaderSize..], page, depth + 1);
        }

        _visitor.LeaveBucket(_bucketDepth);
        _bucketDepth--;
        _bucket = outer;
    }

    private void WalkInline(ReadOnlySpan<byte> bytes, PageId page, int depth)
    {
        if (depth >= BoltLayout.MaxDepth)
        {
            Report("TreeTooDeep", "buckets are nested too deeply.", page);
            return;
        }

        if (bytes.Length < BoltLayout.HeaderSize)
        {
            Report("BucketHeaderShort", "an inline bucket is cut off.", page);
            return;
        }

        var inline = new BoltPage(bytes, _cache.Name);
        if (inline.Kind != PageKind.Leaf || inline.Overflow != 0)
        {
            Report("InlineBucketWrong", "an inline bucket is not a plain leaf.", page);
            return;
        }

        inline.CheckLayout();
        WalkLeaf(inline, default, default, hasMax: false, depth, page);
    }

    private void CheckOrder(PageId page, int index, ReadOnlySpan<byte> previous, ReadOnlySpan<byte> key, ReadOnlySpan<byte> max, bool hasMax)
    {
        // Element 0 may equal the parent's separator; later ones must be greater than the one before.
        var order = previous.SequenceCompareTo(key);
        if (index == 0 ? order > 0 : order >= 0)
        {
            Report(order == 0 ? "KeyDuplicate" : "KeyOrder", $"element {index} is not greater than what comes before it.", page, key);
        }

        if (hasMax && key.SequenceCompareTo(max) >= 0)
        {
            Report("KeyOrder", $"element {index} belongs to the right of this page, as its parent tells.", page, key);
        }
    }

    private void Report(string code, string text, PageId page, ReadOnlySpan<byte> key = default)
    {
        // The key is cut: a finding must stay small, whatever the file holds.
        var shown = key.IsEmpty ? null : EtcdText.Show(key[..Math.Min(key.Length, 256)]);
        _findings.Error(code, text, page, BucketName, shown);
    }
}
