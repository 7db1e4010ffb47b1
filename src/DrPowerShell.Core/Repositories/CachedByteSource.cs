using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Core.Repositories;

/// <summary>Reads a slow source in blocks, the last of which are kept. Two threads wait for one another only where they want the same block.</summary>
/// <param name="inner">Disposed with this.</param>
/// <param name="blockSize">The bytes of a block.</param>
/// <param name="kept">How many blocks stay in memory.</param>
internal sealed class CachedByteSource(IByteSource inner, int blockSize, int kept) : IByteSource
{
    private readonly Dictionary<long, LinkedListNode<Block>> _found = [];
    private readonly LinkedList<Block> _blocks = [];

    public string Name => inner.Name;

    public long Length => inner.Length;

    public void ReadExactly(long offset, Span<byte> buffer)
    {
        if (offset < 0 || buffer.Length > Length - offset)
        {
            throw new SnapshotReadFailedException(Name, $"it ends before byte {offset + buffer.Length:N0}");
        }

        while (!buffer.IsEmpty)
        {
            var (index, within) = (offset / blockSize, (int)(offset % blockSize));
            var count = Math.Min(buffer.Length, blockSize - within);
            Find(index).Read(this, within, buffer[..count]);
            buffer = buffer[count..];
            offset += count;
        }
    }

    public void Dispose() => inner.Dispose();

    private Block Find(long index)
    {
        lock (_blocks)
        {
            if (_found.TryGetValue(index, out var node))
            {
                _blocks.Remove(node);
                _blocks.AddFirst(node);
                return node.Value;
            }

            if (_blocks.Count == kept)
            {
                // Its bytes may be read by the other thread still: they go when that has done.
                _found.Remove(_blocks.Last!.Value.Index);
                _blocks.RemoveLast();
            }

            node = _blocks.AddFirst(new Block(index));
            _found.Add(index, node);
            return node.Value;
        }
    }

    private sealed class Block(long index)
    {
        private readonly object _loading = new();
        private byte[]? _bytes;

        public long Index => index;

        public void Read(CachedByteSource owner, int within, Span<byte> buffer) => Load(owner).AsSpan(within, buffer.Length).CopyTo(buffer);

        private byte[] Load(CachedByteSource owner)
        {
            lock (_loading)
            {
                return _bytes ??= owner.Load(index);
            }
        }
    }

    private byte[] Load(long index)
    {
        var at = index * blockSize;
        var bytes = GC.AllocateUninitializedArray<byte>((int)Math.Min(blockSize, Length - at));
        inner.ReadExactly(at, bytes);
        return bytes;
    }
}
