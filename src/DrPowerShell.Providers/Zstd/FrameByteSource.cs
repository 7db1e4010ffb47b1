using System.Collections.Concurrent;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Files;
using ZstdSharp;

namespace DrPowerShell.Providers.Zstd;

/// <summary>Random reads from frames that a <see cref="FrameCompressionStream"/> of this process has made: each read unwraps the frames that it touches.</summary>
/// <param name="stored">The frames; disposed with this.</param>
/// <param name="table">Where each lies.</param>
/// <param name="length">The plain bytes in all.</param>
internal sealed class FrameByteSource(IByteSource stored, FrameTable table, long length) : IByteSource
{
    private readonly ConcurrentBag<Decompressor> _idle = [];

    public string Name => stored.Name;

    public long Length => length;

    public void ReadExactly(long offset, Span<byte> buffer)
    {
        if (offset < 0 || buffer.Length > length - offset)
        {
            throw new SnapshotReadFailedException(Name, $"it ends before byte {offset + buffer.Length:N0}");
        }

        while (!buffer.IsEmpty)
        {
            var (frame, within) = ((int)(offset / FrameCompressionStream.FrameLength), (int)(offset % FrameCompressionStream.FrameLength));
            var whole = (int)Math.Min(FrameCompressionStream.FrameLength, length - ((long)frame * FrameCompressionStream.FrameLength));
            var count = Math.Min(buffer.Length, whole - within);
            if (count == whole)
            {
                Unwrap(frame, buffer[..count]);
            }
            else
            {
                var plain = GC.AllocateUninitializedArray<byte>(whole);
                Unwrap(frame, plain);
                plain.AsSpan(within, count).CopyTo(buffer);
            }

            buffer = buffer[count..];
            offset += count;
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var one))
        {
            one.Dispose();
        }

        stored.Dispose();
    }

    private void Unwrap(int frame, Span<byte> plain)
    {
        var (start, size) = table[frame];
        var bytes = GC.AllocateUninitializedArray<byte>(size);
        stored.ReadExactly(start, bytes);
        var decompressor = _idle.TryTake(out var idle) ? idle : new Decompressor();
        try
        {
            if (decompressor.Unwrap(bytes, plain) != plain.Length)
            {
                throw new CompressedDataDamagedException(Name, $"the frame at {start:N0} bytes is shorter than what was compressed.");
            }
        }
        catch (ZstdException e)
        {
            throw new CompressedDataDamagedException(Name, $"the frame at {start:N0} bytes is not what was compressed.", e);
        }
        finally
        {
            _idle.Add(decompressor);
        }
    }
}
