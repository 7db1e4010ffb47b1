using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Core.Ports;

/// <summary>
/// A wrapping stream whose layer can be read again at random from where it was stored, by what the writer alone still knows: where its frames
/// lie, the key that it made.
/// </summary>
public interface IRereadable
{
    /// <summary>What reads the layer again. Asked for before the stream is disposed, which ends the layer, and used after.</summary>
    LayerReader Reader();
}

/// <summary>Opens a stored layer for random reads.</summary>
/// <param name="BlockSize">The plain bytes that one read unwraps at the least, from a multiple of their number on.</param>
/// <param name="Open">Makes the plain bytes out of the stored ones, and owns those.</param>
public sealed record LayerReader(int BlockSize, Func<IByteSource, IByteSource> Open);
