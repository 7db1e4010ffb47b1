namespace DrPowerShell.Core.Ports;

/// <summary>Compression of a stream, in frames that the <c>zstd</c> tool reads.</summary>
public interface ICompression
{
    /// <summary>The levels that <see cref="Compress"/> takes.</summary>
    (int Least, int Most) Levels { get; }

    /// <summary>A stream that compresses what is written to it; disposing it ends the last frame and leaves the destination open.</summary>
    Stream Compress(Stream destination, int level);

    /// <summary>A stream that reads the plain bytes; damage and a frame cut short are told as CompressedDataDamaged. Leaves the source open.</summary>
    Stream Decompress(Stream source);
}
