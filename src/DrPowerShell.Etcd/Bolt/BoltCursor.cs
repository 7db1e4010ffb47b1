namespace DrPowerShell.Etcd.Bolt;

/// <summary>
/// Moves over the keys of one bucket in byte order. What <see cref="Key"/> and <see cref="Value"/> return is valid until the next move.
/// </summary>
public sealed class BoltCursor : IDisposable
{
    private readonly BoltBucket _bucket;
    private readonly List<Frame> _stack = [];
    private ulong _budget;

    internal BoltCursor(BoltBucket bucket)
    {
        _bucket = bucket;
    }

    private enum Direction
    {
        First,
        Last,
        Seek,
    }

    public ReadOnlySpan<byte> Key
    {
        get
        {
            Current(out _, out var key, out _);
            return key;
        }
    }

    public ReadOnlySpan<byte> Value
    {
        get
        {
            Current(out _, out _, out var value);
            return value;
        }
    }

    /// <summary>Whether the current item is a nested bucket.</summary>
    public bool IsBucket
    {
        get
        {
            Current(out var flags, out _, out _);
            return (flags & BoltLayout.BucketElement) != 0;
        }
    }

    internal PageId Page => _stack.Count == 0 || _bucket.Inline is not null ? default : _stack[^1].Pin.Page.Id;

    /// <summary>Moves to the first key; false in an empty bucket.</summary>
    public bool MoveFirst() => Position(Direction.First, default);

    /// <summary>Moves to the last key; false in an empty bucket.</summary>
    public bool MoveLast() => Position(Direction.Last, default);

    /// <summary>Moves to the first key that is not less than <paramref name="key"/>; false where there is none.</summary>
    public bool Seek(ReadOnlySpan<byte> key) => Position(Direction.Seek, key);

    /// <summary>Moves to the next key; false at the end.</summary>
    public bool MoveNext()
    {
        while (_stack.Count > 0)
        {
            var frame = _stack[^1];
            var next = frame.Index + 1;
            if (next < frame.Pin.Page.Count)
            {
                _stack[^1] = frame with { Index = next };
                if (Descend(Direction.First, default))
                {
                    return true;
                }

                continue;
            }

            Pop();
        }

        return false;
    }

    public void Dispose()
    {
        while (_stack.Count > 0)
        {
            Pop();
        }
    }

    private bool Position(Direction direction, ReadOnlySpan<byte> key)
    {
        Dispose();
        // A scan that meets more pages than the file has goes in circles.
        _budget = _bucket.Cache.HighWaterMark.Value;
        if (_bucket.Inline is { } inline)
        {
            _stack.Add(new Frame(new PagePin(null, inline, 0, inline.Length, _bucket.Cache.Name), 0));
        }
        else
        {
            Push(_bucket.RootPage);
        }

        return Descend(direction, key) || (direction == Direction.Last ? MovePrevious() : MoveNext());
    }

    // Only ever needed from an empty last page, which bbolt leaves behind in rare cases.
    private bool MovePrevious()
    {
        while (_stack.Count > 0)
        {
            var frame = _stack[^1];
            if (frame.Pin.Page.Kind == PageKind.Branch && frame.Index > 0)
            {
                frame.Pin.Page.Branch(frame.Index - 1, out _, out var id);
                _stack[^1] = frame with { Index = frame.Index - 1 };
                Push(id);
                if (Descend(Direction.Last, default))
                {
                    return true;
                }

                continue;
            }

            Pop();
        }

        return false;
    }

    // From the top frame down to a leaf; false where that leaf has nothing at its index (an empty page, or a seek beyond its last key).
    private bool Descend(Direction direction, ReadOnlySpan<byte> key)
    {
        while (true)
        {
            var frame = _stack[^1];
            var page = frame.Pin.Page;
            if (page.Kind == PageKind.Leaf)
            {
                var index = direction switch { Direction.Last => page.Count - 1, Direction.Seek => LeafIndex(page, key), _ => frame.Index };
                _stack[^1] = frame with { Index = index };
                return index >= 0 && index < page.Count;
            }

            if (page.Count == 0)
            {
                throw new SnapshotDamagedException(_bucket.Cache.Name, "BranchEmpty", page.Id, "a branch page has no children.");
            }

            var child = direction switch { Direction.Last => page.Count - 1, Direction.Seek => BranchIndex(page, key), _ => frame.Index };
            _stack[^1] = frame with { Index = child };
            page.Branch(child, out _, out var id);
            Push(id);
        }
    }

    private void Push(PageId id)
    {
        var overflow = _bucket.Cache.OverflowOf(id);
        if (_stack.Count >= BoltLayout.MaxDepth || overflow >= _budget)
        {
            throw new SnapshotDamagedException(_bucket.Cache.Name, "PageCycle", id, "the pages refer to each other in a circle.");
        }

        _budget -= overflow + 1UL;
        _stack.Add(new Frame(_bucket.Cache.Pin(id, overflow), 0));
    }

    private void Pop()
    {
        PageCache.Unpin(_stack[^1].Pin);
        _stack.RemoveAt(_stack.Count - 1);
    }

    private void Current(out uint flags, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        if (_stack.Count == 0)
        {
            throw new InvalidOperationException("The cursor is not on a key.");
        }

        _stack[^1].Pin.Page.Leaf(_stack[^1].Index, out flags, out key, out value);
    }

    // The first element that is not less than the key.
    private static int LeafIndex(BoltPage page, ReadOnlySpan<byte> key)
    {
        int low = 0, high = page.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            page.Leaf(middle, out _, out var at, out _);
            if (at.SequenceCompareTo(key) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    // The last child whose separator is not greater than the key, or the first child.
    private static int BranchIndex(BoltPage page, ReadOnlySpan<byte> key)
    {
        int low = 0, high = page.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            page.Branch(middle, out var at, out _);
            if (at.SequenceCompareTo(key) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return Math.Max(0, low - 1);
    }

    private readonly record struct Frame(PagePin Pin, int Index);
}
