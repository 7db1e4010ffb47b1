using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Providers.Tests;

internal sealed class MemoryByteSource(byte[] bytes) : IByteSource
{
    public string Name => "memory";

    public long Length => bytes.Length;

    public bool IsDisposed { get; private set; }

    public void ReadExactly(long offset, Span<byte> buffer)
    {
        if (offset < 0 || buffer.Length > bytes.Length - offset)
        {
            throw new SnapshotReadFailedException(Name, "it ends");
        }

        bytes.AsSpan((int)offset, buffer.Length).CopyTo(buffer);
    }

    public void Dispose() => IsDisposed = true;
}
