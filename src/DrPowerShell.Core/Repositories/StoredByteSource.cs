using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Core.Repositories;

/// <summary>Random reads from a plain object in a store, in blocks of four megabytes, the last sixteen of which are kept.</summary>
internal sealed class StoredByteSource(IBlobStore store, string name, long length, CancellationToken cancellationToken) : IByteSource
{
    private const int BlockSize = 4 << 20;
    private const int Kept = 16;

    private readonly object _gate = new();
    private readonly LinkedList<(long Index, byte[] Bytes)> _blocks = [];

    public string Name => name;

    public long Length => length;

    public void ReadExactly(long offset, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var (index, within) = (offset / BlockSize, (int)(offset % BlockSize));
            var block = Block(index);
            var count = Math.Min(buffer.Length, block.Length - within);
            if (count <= 0)
            {
                throw new SnapshotReadFailedException(name, $"it ends before byte {offset:N0}");
            }

            block.AsSpan(within, count).CopyTo(buffer);
            buffer = buffer[count..];
            offset += count;
        }
    }

    public void Dispose()
    {
    }

    private byte[] Block(long index)
    {
        lock (_gate)
        {
            for (var node = _blocks.First; node is not null; node = node.Next)
            {
                if (node.Value.Index == index)
                {
                    _blocks.Remove(node);
                    _blocks.AddFirst(node);
                    return node.Value.Bytes;
                }
            }

            var bytes = FetchAsync(index * BlockSize).GetAwaiter().GetResult();
            _blocks.AddFirst((index, bytes));
            if (_blocks.Count > Kept)
            {
                _blocks.RemoveLast();
            }

            return bytes;
        }
    }

    private async Task<byte[]> FetchAsync(long offset)
    {
        var bytes = new byte[(int)Math.Max(0, Math.Min(BlockSize, length - offset))];
        var source = await store.OpenReadAsync(name, offset, bytes.Length, cancellationToken).ConfigureAwait(false);
        await using var end = source.ConfigureAwait(false);
        await source.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }
}
