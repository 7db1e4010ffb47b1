namespace DrPowerShell.Etcd.Bolt;

/// <summary>A set of page numbers below the high-water mark: one bit a page.</summary>
internal sealed class PageSet
{
    private readonly ulong[] _bits;

    public PageSet(PageId highWaterMark)
    {
        _bits = new ulong[checked((int)((highWaterMark.Value + 63) / 64))];
    }

    private PageSet(PageSet other)
    {
        _bits = [.. other._bits];
        Count = other.Count;
    }

    public long Count { get; private set; }

    public bool Contains(ulong page) => (_bits[page >> 6] & (1UL << (int)(page & 63))) != 0;

    public PageSet Copy() => new(this);

    /// <summary>Adds a page; false where it was there already.</summary>
    public bool Add(ulong page)
    {
        ref var word = ref _bits[page >> 6];
        var bit = 1UL << (int)(page & 63);
        if ((word & bit) != 0)
        {
            return false;
        }

        word |= bit;
        Count++;
        return true;
    }
}
