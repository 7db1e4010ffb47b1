using System.Buffers.Binary;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Etcd.Bolt;

/// <summary>
/// Pages of one database, read in blocks through a bounded cache. A pinned page's bytes stay valid until it is unpinned.
/// For one thread; open one per thread.
/// </summary>
internal sealed class PageCache
{
    /// <summary>The bytes that a cache keeps unless told otherwise.</summary>
    public const int DefaultCapacity = 16 << 20;

    private const int BlockSize = 64 << 10;

    private readonly IByteSource _source;
    private readonly long _imageLength;
    private readonly int _blockSize;
    private readonly int _pagesPerBlock;
    private readonly int _blockCount;
    private readonly Dictionary<long, Block> _blocks = [];
    private readonly List<Block> _ring = [];
    private Block? _last;
    private int _hand;

    // How many pages were used of each block read in whole, as a moving average of 16ths: below 2 pages, reading ahead only costs.
    private int _useOfBlocks = 64;

    /// <param name="capacity">The bytes to keep; at least one block is, and more are where all blocks are pinned.</param>
    public PageCache(IByteSource source, int pageSize, PageId highWaterMark, int capacity = DefaultCapacity)
    {
        _source = source;
        PageSize = pageSize;
        HighWaterMark = highWaterMark;
        _imageLength = checked((long)highWaterMark.Value * pageSize);
        _blockSize = Math.Max(BlockSize, pageSize);
        _pagesPerBlock = _blockSize / pageSize;
        _blockCount = Math.Max(1, capacity / _blockSize);
    }

    public int PageSize { get; }

    public PageId HighWaterMark { get; }

    public string Name => _source.Name;

    /// <summary>Reads a branch or leaf page with its overflow, and holds it in memory.</summary>
    /// <exception cref="SnapshotDamagedException">The id, the header, the overflow or the elements' layout cannot be right.</exception>
    public PagePin Pin(PageId id) => Pin(id, OverflowOf(id));

    /// <summary>Checks a branch or leaf page's header and returns its overflow: what a page claims is known before it is read in whole.</summary>
    /// <exception cref="SnapshotDamagedException">The id, the header or the overflow cannot be right.</exception>
    public uint OverflowOf(PageId id)
    {
        if (id.Value < 2 || id >= HighWaterMark)
        {
            throw new SnapshotDamagedException(Name, "PageOutOfRange", id, $"a page number outside 2..{HighWaterMark.Value - 1} is referred to.");
        }

        var block = Load(id, out var offset);
        var header = block.Buffer.AsSpan(offset, BoltLayout.HeaderSize);
        var kind = (PageKind)BinaryPrimitives.ReadUInt16LittleEndian(header[8..]);
        var own = BinaryPrimitives.ReadUInt64LittleEndian(header);
        var overflow = BinaryPrimitives.ReadUInt32LittleEndian(header[12..]);
        if (own != id.Value)
        {
            throw new SnapshotDamagedException(Name, "PageIdMismatch", id, $"the page says of itself that it is page {own}.");
        }

        if (kind is not (PageKind.Branch or PageKind.Leaf))
        {
            throw new SnapshotDamagedException(Name, "PageKindWrong", id, $"flags 0x{(ushort)kind:x} are neither a branch's nor a leaf's.");
        }

        if (overflow >= HighWaterMark.Value - id.Value)
        {
            throw new SnapshotDamagedException(Name, "PageOverflowOutOfRange", id, $"{overflow} overflow pages reach beyond the last page {HighWaterMark.Value - 1}.");
        }

        var length = ((long)overflow + 1) * PageSize;
        if (length > BoltLayout.MaxPageSpan)
        {
            throw new SnapshotDamagedException(Name, "PageTooLarge", id, $"it spans {length:N0} bytes; at most {BoltLayout.MaxPageSpan:N0} are read.");
        }

        return overflow;
    }

    /// <summary>Holds a page whose overflow <see cref="OverflowOf"/> has returned.</summary>
    public PagePin Pin(PageId id, uint overflow)
    {
        PagePin pin;
        var length = (int)((overflow + 1L) * PageSize);
        var block = Load(id, out var offset);
        if (length <= _blockSize - offset)
        {
            // A value of 4 KB makes its leaf two pages long: such pages are as common as others, and most lie within one block.
            LoadFollowing(block, offset / PageSize, (int)overflow);
            pin = new PagePin(block, block.Buffer, offset, length, Name);
            var bit = 1UL << (offset / PageSize);
            if ((block.Used & bit) == 0)
            {
                pin.Page.CheckLayout();
                block.Used |= bit;
            }

            block.Pins++;
            return pin;
        }

        // What crosses blocks gets a buffer of its own.
        var buffer = GC.AllocateUninitializedArray<byte>(length);
        _source.ReadExactly(checked((long)id.Value * PageSize), buffer);
        pin = new PagePin(null, buffer, 0, buffer.Length, Name);
        pin.Page.CheckLayout();
        return pin;
    }

    /// <summary>Lets a page go; its bytes may be overwritten from now on.</summary>
    public static void Unpin(in PagePin pin)
    {
        if (pin.Block is { } block)
        {
            block.Pins--;
        }
    }

    private Block Load(PageId id, out int offset)
    {
        var number = (long)(id.Value / (ulong)_pagesPerBlock);
        var page = (int)(id.Value % (ulong)_pagesPerBlock);
        offset = page * PageSize;
        var block = _last is { } last && last.Number == number ? last : Find(number);
        var bit = 1UL << page;
        if ((block.Valid & bit) == 0)
        {
            Read(block, page);
        }

        _last = block;
        return block;
    }

    // The overflow of a page that is there, where the block was not read in whole. They are no pages of their own: not used, not checked.
    private void LoadFollowing(Block block, int page, int count)
    {
        var bits = ((1UL << count) - 1) << (page + 1);
        if ((block.Valid & bits) != bits)
        {
            var at = (page + 1) * PageSize;
            _source.ReadExactly((block.Number * _blockSize) + at, block.Buffer.AsSpan(at, count * PageSize));
            block.Valid |= bits;
        }
    }

    private void Read(Block block, int page)
    {
        var start = block.Number * _blockSize;
        if (_useOfBlocks < 32 && _pagesPerBlock > 1)
        {
            _source.ReadExactly(start + ((long)page * PageSize), block.Buffer.AsSpan(page * PageSize, PageSize));
            block.Valid |= 1UL << page;
            return;
        }

        var length = (int)Math.Min(_blockSize, _imageLength - start);
        _source.ReadExactly(start, block.Buffer.AsSpan(0, length));
        block.Valid = _pagesPerBlock == 64 ? ulong.MaxValue : (1UL << _pagesPerBlock) - 1;
    }

    private Block Find(long number)
    {
        if (_blocks.TryGetValue(number, out var block))
        {
            block.Recent = true;
            return block;
        }

        block = _ring.Count < _blockCount ? null : Evict();
        if (block is null)
        {
            block = new Block(GC.AllocateUninitializedArray<byte>(_blockSize));
            _ring.Add(block);
        }

        block.Number = number;
        block.Valid = block.Used = 0;
        block.Recent = true;
        _blocks.Add(number, block);
        return block;
    }

    // Second chance; null where every block is pinned.
    private Block? Evict()
    {
        for (var tries = 2 * _ring.Count; tries > 0; tries--)
        {
            var block = _ring[_hand];
            _hand = (_hand + 1) % _ring.Count;
            if (block.Pins > 0)
            {
                continue;
            }

            if (block.Recent)
            {
                block.Recent = false;
                continue;
            }

            var used = System.Numerics.BitOperations.PopCount(block.Used) * 16;
            _useOfBlocks += (used - _useOfBlocks) / 8;
            _blocks.Remove(block.Number);
            return block;
        }

        return null;
    }

    internal sealed class Block(byte[] buffer)
    {
        public byte[] Buffer { get; } = buffer;

        public long Number { get; set; } = -1;

        public ulong Valid { get; set; }

        public ulong Used { get; set; }

        public bool Recent { get; set; }

        public int Pins { get; set; }
    }
}

/// <summary>A page held in memory.</summary>
internal readonly struct PagePin(PageCache.Block? block, byte[] buffer, int offset, int length, string file)
{
    public PageCache.Block? Block { get; } = block;

    public BoltPage Page => new(buffer.AsSpan(offset, length), file);
}
