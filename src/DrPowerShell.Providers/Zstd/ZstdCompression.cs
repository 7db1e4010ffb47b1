using DrPowerShell.Core.Ports;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace DrPowerShell.Providers.Zstd;

/// <summary>Zstandard frames with a checksum (RFC 8878).</summary>
internal sealed class ZstdCompression : ICompression
{
    public (int Least, int Most) Levels => (1, Compressor.MaxCompressionLevel);

    public Stream Compress(Stream destination, int level)
    {
        var stream = new CompressionStream(destination, level, leaveOpen: true);
        stream.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        return stream;
    }

    public Stream Decompress(Stream source) => new DecompressionStream(source, leaveOpen: true);
}
