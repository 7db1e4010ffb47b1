namespace DrPowerShell.Etcd.Mvcc;

/// <summary>
/// The CRC register and length of each row up to the compacted revision. Which of them HashKV counts is known only when the last row has been
/// seen; kept apart, they are joined afterwards without reading anything twice.
/// </summary>
internal sealed class RowDigests(int limit)
{
    /// <summary>More rows than this are not kept (8 bytes each): HashKV then takes a second pass.</summary>
    public const int DefaultLimit = 3 << 20;

    private const int ChunkSize = 1 << 12;
    private const uint Mark = 1U << 31;

    private readonly List<(uint State, uint Length)[]> _chunks = [];
    private readonly (uint Length, uint Factor)[] _factors = new (uint, uint)[1024];

    public int Count { get; private set; }

    public bool IsFull => Count >= limit;

    /// <param name="mark">A flag kept with the row.</param>
    public void Add(uint zeroState, int length, bool mark)
    {
        if (Count % ChunkSize == 0)
        {
            _chunks.Add(new (uint, uint)[ChunkSize]);
        }

        _chunks[Count / ChunkSize][Count % ChunkSize] = (zeroState, (uint)length | (mark ? Mark : 0));
        Count++;
    }

    /// <summary>Appends row <paramref name="index"/> to a register.</summary>
    public uint Join(uint state, int index)
    {
        var (zeroState, length) = _chunks[index / ChunkSize][index % ChunkSize];
        length &= ~Mark;
        // Rows of one kind have few different lengths: the factor of a length is nearly always here.
        ref var cached = ref _factors[length % (uint)_factors.Length];
        if (cached.Length != length || cached.Factor == 0)
        {
            cached = (length, Crc32C.ShiftFactor(length));
        }

        return Crc32C.Join(state, cached.Factor, zeroState);
    }

    public bool IsMarked(int index) => (_chunks[index / ChunkSize][index % ChunkSize].Length & Mark) != 0;

    public void Clear()
    {
        _chunks.Clear();
        Count = 0;
    }
}
