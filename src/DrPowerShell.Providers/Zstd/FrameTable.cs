namespace DrPowerShell.Providers.Zstd;

/// <summary>Where each frame of a stream lies: eight bytes of memory for each megabyte of plain bytes.</summary>
internal sealed class FrameTable
{
    private readonly List<long> _ends = [];

    public int Count => _ends.Count;

    public void Add(int length) => _ends.Add((_ends.Count == 0 ? 0 : _ends[^1]) + length);

    public (long Start, int Length) this[int frame]
    {
        get
        {
            var start = frame == 0 ? 0 : _ends[frame - 1];
            return (start, (int)(_ends[frame] - start));
        }
    }
}
