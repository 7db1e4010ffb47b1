using DrPowerShell.Etcd.Files;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace DrPowerShell.Providers.Zstd;

/// <summary>Makes one frame at a time out of bytes that it gathers.</summary>
internal sealed class FrameWorker : IDisposable
{
    /// <summary>Four to six times as fast as the usual level 3, in ZstdSharp.</summary>
    public const int FastLevel = 1;

    private readonly int _level;
    private readonly byte[] _plain;
    private Compressor? _compressor;
    private Compressor? _fast;
    private byte[] _frame;
    private byte[] _other = [];

    public FrameWorker(int level, int frameLength)
    {
        _level = level;
        _plain = IdleBuffers.Rent(frameLength);
        _frame = IdleBuffers.Rent(Compressor.GetCompressBound(frameLength));
    }

    /// <summary>How many plain bytes it holds.</summary>
    public int Count { get; private set; }

    public bool IsFull => Count == _plain.Length;

    /// <summary>Takes what fits and says how much that was.</summary>
    public int Take(ReadOnlySpan<byte> bytes)
    {
        var count = Math.Min(bytes.Length, _plain.Length - Count);
        bytes[..count].CopyTo(_plain.AsSpan(Count));
        Count += count;
        return count;
    }

    /// <summary>The frame of what it holds, valid until it takes more.</summary>
    /// <param name="isFast">At the fast level.</param>
    public Frame Compress(bool isFast)
    {
        var length = Wrap(isFast, _frame);
        Count = 0;
        return new(_frame.AsMemory(0, length), IsCostly: null);
    }

    /// <summary>The same at both levels, so that it is known what the slower one gains.</summary>
    public Frame CompressTwice()
    {
        _other = _other.Length == 0 ? IdleBuffers.Rent(_frame.Length) : _other;
        var (fast, slow) = (Wrap(isFast: true, _other), Wrap(isFast: false, _frame));
        Count = 0;
        if (fast < slow)
        {
            (_frame, _other) = (_other, _frame);
        }

        return new(_frame.AsMemory(0, Math.Min(fast, slow)), IsCostly: slow > fast / 100.0 * 99);
    }

    public void Dispose()
    {
        // Plain bytes of a cluster's secrets.
        Array.Clear(_plain);
        IdleBuffers.Return(_plain);
        IdleBuffers.Return(_frame);
        if (_other.Length > 0)
        {
            IdleBuffers.Return(_other);
        }

        _compressor?.Dispose();
        _fast?.Dispose();
    }

    private int Wrap(bool isFast, byte[] frame)
    {
        var compressor = isFast ? _fast ??= New(FastLevel) : _compressor ??= New(_level);
        return compressor.Wrap(_plain.AsSpan(0, Count), frame);
    }

    private static Compressor New(int level)
    {
        var compressor = new Compressor(level);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        return compressor;
    }
}

/// <summary>A frame as it is stored.</summary>
/// <param name="IsCostly">Whether the level asked for made it less than a hundredth smaller than the fast one; null where that was not tried.</param>
internal readonly record struct Frame(ReadOnlyMemory<byte> Bytes, bool? IsCostly);
