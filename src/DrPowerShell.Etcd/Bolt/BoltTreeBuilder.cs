using System.Buffers.Binary;

namespace DrPowerShell.Etcd.Bolt;

/// <summary>
/// Builds a bucket's tree from items in byte order, page after page, without holding more than one page a level. Pages are filled to the
/// brim: etcd's large bucket only ever grows at its end.
/// </summary>
internal sealed class BoltTreeBuilder(IPageSink sink)
{
    // The count of a page is 16 bits wide, and bbolt keeps 0xFFFF apart.
    private const int MaxCount = 0xFFF0;

    private readonly List<Level> _levels = [];

    /// <summary>Adds an item, greater than all before.</summary>
    public void Add(uint flags, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var leaf = LevelAt(0);
        if (!leaf.Fits(key.Length + value.Length))
        {
            Flush(0);
        }

        leaf.Append(flags, key, value);
    }

    /// <summary>Takes over a whole page that is there already, with all that lies under it, as the next child at a level.</summary>
    /// <param name="level">1 for a page of leaf level.</param>
    public void AddChild(int level, ReadOnlySpan<byte> firstKey, PageId page)
    {
        var parent = LevelAt(level);
        if (!parent.Fits(firstKey.Length))
        {
            Flush(level);
        }

        Span<byte> child = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(child, page.Value);
        parent.AppendBranch(firstKey, child);
    }

    /// <summary>Writes what is left and returns the root.</summary>
    public PageId Finish()
    {
        LevelAt(0);
        for (var i = 0; ; i++)
        {
            // The topmost level that holds anything, and was never written out, is the root.
            if (i == _levels.Count - 1 && !_levels[i].WasFlushed)
            {
                return _levels[i].Write(sink);
            }

            if (_levels[i].Count > 0)
            {
                Flush(i);
            }

            if (i == _levels.Count - 2 && _levels[^1] is { WasFlushed: false, Count: 1 } top)
            {
                return top.OnlyChild;
            }
        }
    }

    /// <summary>Encodes a small bucket as the inline page that its value holds (bbolt bucket.go inlineable: at most a quarter of a page).</summary>
    public static byte[]? TryEncodeInline(int pageSize, IReadOnlyCollection<(byte[] Key, byte[] Value)> items)
    {
        var level = new Level(pageSize, PageKind.Leaf);
        foreach (var (key, value) in items)
        {
            level.Append(0, key, value);
        }

        return level.Size <= pageSize / 4 && level.Count < MaxCount ? level.ToInlinePage() : null;
    }

    private void Flush(int index)
    {
        var level = _levels[index];
        var first = level.FirstKey.ToArray();
        AddChild(index + 1, first, level.Write(sink));
    }

    private Level LevelAt(int index)
    {
        while (_levels.Count <= index)
        {
            _levels.Add(new Level(sink.PageSize, _levels.Count == 0 ? PageKind.Leaf : PageKind.Branch));
        }

        return _levels[index];
    }

    /// <summary>The page of one level that is being filled.</summary>
    private sealed class Level(int pageSize, PageKind kind)
    {
        private readonly List<(uint Flags, int At, int KeySize, int ValueSize)> _elements = [];
        private byte[] _data = new byte[pageSize];
        private byte[] _page = new byte[pageSize];
        private int _used;

        public int Count => _elements.Count;

        public bool WasFlushed { get; private set; }

        public int Size => BoltLayout.HeaderSize + (_elements.Count * BoltLayout.ElementSize) + Payload;

        // A branch keeps the child's number in the element itself.
        private int Payload => kind == PageKind.Leaf ? _used : _used - (_elements.Count * sizeof(ulong));

        public ReadOnlySpan<byte> FirstKey => _data.AsSpan(_elements[0].At, _elements[0].KeySize);

        public PageId OnlyChild => new(BinaryPrimitives.ReadUInt64LittleEndian(_data.AsSpan(_elements[0].At + _elements[0].KeySize)));

        public bool Fits(int payload) => _elements.Count == 0 || (Size + BoltLayout.ElementSize + payload <= pageSize && _elements.Count < MaxCount);

        public void Append(uint flags, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            var needed = _used + key.Length + value.Length;
            if (needed > _data.Length)
            {
                Array.Resize(ref _data, Math.Max(needed, _data.Length * 2));
            }

            key.CopyTo(_data.AsSpan(_used));
            value.CopyTo(_data.AsSpan(_used + key.Length));
            _elements.Add((flags, _used, key.Length, value.Length));
            _used = needed;
        }

        public void AppendBranch(ReadOnlySpan<byte> key, ReadOnlySpan<byte> child) => Append(0, key, child);

        public PageId Write(IPageSink sink)
        {
            var length = (Size + pageSize - 1) / pageSize * pageSize;
            if (_page.Length < length)
            {
                _page = new byte[length];
            }

            var page = _page.AsSpan(0, length);
            Compose(page, (uint)((length / pageSize) - 1));
            var id = sink.Add(page);
            _elements.Clear();
            _used = 0;
            WasFlushed = true;
            return id;
        }

        public byte[] ToInlinePage()
        {
            var page = new byte[Size];
            Compose(page, 0);
            return page;
        }

        private void Compose(Span<byte> page, uint overflow)
        {
            BoltLayout.WriteHeader(page, 0, kind, _elements.Count, overflow);
            var at = BoltLayout.HeaderSize;
            var data = BoltLayout.HeaderSize + (_elements.Count * BoltLayout.ElementSize);
            foreach (var (flags, from, keySize, valueSize) in _elements)
            {
                var element = page.Slice(at, BoltLayout.ElementSize);
                if (kind == PageKind.Leaf)
                {
                    BoltLayout.WriteLeafElement(element, flags, data - at, keySize, valueSize);
                    _data.AsSpan(from, keySize + valueSize).CopyTo(page[data..]);
                    data += keySize + valueSize;
                }
                else
                {
                    BoltLayout.WriteBranchElement(element, data - at, keySize, BinaryPrimitives.ReadUInt64LittleEndian(_data.AsSpan(from + keySize)));
                    _data.AsSpan(from, keySize).CopyTo(page[data..]);
                    data += keySize;
                }

                at += BoltLayout.ElementSize;
            }

            // What lay on the page before must not be left behind on disk.
            page[data..].Clear();
        }
    }
}
