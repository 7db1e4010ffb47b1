using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace DrPowerShell.Providers.Zstd;

/// <summary>Zstandard frames with a checksum each (RFC 8878).</summary>
internal sealed class ZstdCompression : ICompression
{
    // 128 MB, what the zstd tool takes without --long: a hostile frame may ask for gigabytes.
    private const int LargestWindowLog = 27;

    public (int Least, int Most) Levels => (1, Compressor.MaxCompressionLevel);

    public Stream Compress(Stream destination, int level)
    {
        var (least, most) = Levels;
        if (level < least || level > most)
        {
            throw new CompressionLevelNotValidException(level, least, most);
        }

        return new FrameCompressionStream(destination, level);
    }

    public Stream Decompress(Stream source)
    {
        var counted = new CountingStream(source);
        var frames = new DecompressionStream(counted, checkEndOfStream: true, leaveOpen: true);
        frames.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, LargestWindowLog);
        return new DecompressedStream(frames, counted, source is FileStream file ? file.Name : "The compressed stream");
    }
}
