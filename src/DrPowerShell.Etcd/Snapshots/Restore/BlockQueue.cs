using System.Threading.Channels;

namespace DrPowerShell.Etcd.Snapshots.Restore;

/// <summary>
/// A bounded queue of blocks between the thread that reads or builds an image and the one that writes it: a fixed set of buffers goes round,
/// so that the memory does not grow with the database.
/// </summary>
internal sealed class BlockQueue
{
    /// <summary>The size of a block in bytes.</summary>
    public const int BlockSize = 1 << 20;

    private const int BlockCount = 6;

    private readonly Channel<Block> _full = Channel.CreateBounded<Block>(BlockCount);
    private readonly Channel<byte[]> _empty = Channel.CreateBounded<byte[]>(BlockCount);
    private byte[]? _current;
    private long _offset;
    private int _used;

    public BlockQueue()
    {
        for (var i = 0; i < BlockCount; i++)
        {
            _empty.Writer.TryWrite(new byte[BlockSize]);
        }
    }

    public ChannelReader<Block> Blocks => _full.Reader;

    /// <summary>Takes a free buffer, waiting for one.</summary>
    public byte[] Rent(CancellationToken cancellationToken) =>
        _empty.Reader.TryRead(out var buffer) ? buffer : _empty.Reader.ReadAsync(cancellationToken).AsTask().GetAwaiter().GetResult();

    /// <summary>Gives a written buffer back.</summary>
    public void Return(byte[] buffer) => _empty.Writer.TryWrite(buffer);

    /// <summary>Hands a block to the writer.</summary>
    public void Post(Block block) => _full.Writer.TryWrite(block);

    /// <summary>Collects consecutive bytes into blocks.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            if (_current is null)
            {
                _current = Rent(cancellationToken);
                _offset = offset;
                _used = 0;
            }

            var length = Math.Min(bytes.Length, BlockSize - _used);
            bytes[..length].CopyTo(_current.AsSpan(_used));
            _used += length;
            offset += length;
            bytes = bytes[length..];
            if (_used == BlockSize)
            {
                Flush(cancellationToken);
            }
        }
    }

    /// <summary>Hands the last, partly filled block to the writer.</summary>
    public void Flush(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_current is not null)
        {
            Post(new Block(_current, _offset, _used));
            _current = null;
        }
    }

    /// <summary>Ends the queue; with an error, the writer is told.</summary>
    public void Complete(Exception? error = null)
    {
        _full.Writer.TryComplete(error);
        // The reader of an image waits for empty buffers: it must not wait for ever when the writer has failed.
        if (error is not null)
        {
            _empty.Writer.TryComplete(error);
        }
    }

    internal readonly record struct Block(byte[] Buffer, long Offset, int Length);
}
