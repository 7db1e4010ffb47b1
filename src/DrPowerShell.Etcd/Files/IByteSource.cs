namespace DrPowerShell.Etcd.Files;

/// <summary>Random reads from bytes that may be damaged, shortened or on a failing disk while they are read.</summary>
public interface IByteSource : IDisposable
{
    /// <summary>What the bytes are called in messages: a path.</summary>
    string Name { get; }

    /// <summary>The length in bytes when the source was opened.</summary>
    long Length { get; }

    /// <summary>Fills the buffer from an offset; thread safe.</summary>
    /// <exception cref="SnapshotReadFailedException">Fewer bytes are there, or the disk failed.</exception>
    void ReadExactly(long offset, Span<byte> buffer);
}
