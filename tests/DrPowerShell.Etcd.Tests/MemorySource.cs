using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Etcd.Tests;

/// <summary>Bytes in memory, which may be declared longer than they are, or fail from some offset on as a broken disk does.</summary>
internal sealed class MemorySource(byte[] bytes) : IByteSource
{
    private long _bytesRead;

    public string Name => "memory.db";

    public long Length { get; init; } = bytes.Length;

    /// <summary>Reads that touch this byte or a later one fail.</summary>
    public long FailsFrom { get; set; } = long.MaxValue;

    /// <summary>Called before each read.</summary>
    public Action? OnRead { get; init; }

    /// <summary>All bytes that were asked for: what bounds a test's work better than time does.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    public void ReadExactly(long offset, Span<byte> buffer)
    {
        OnRead?.Invoke();
        Interlocked.Add(ref _bytesRead, buffer.Length);
        if (offset + buffer.Length > FailsFrom)
        {
            throw new SnapshotReadFailedException(Name, "Input/output error", new IOException("Input/output error"));
        }

        if (offset + buffer.Length > bytes.Length)
        {
            throw new SnapshotReadFailedException(Name, "it ends");
        }

        bytes.AsSpan((int)offset, buffer.Length).CopyTo(buffer);
    }

    public void Dispose()
    {
    }
}
