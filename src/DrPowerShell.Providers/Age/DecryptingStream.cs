using System.Buffers;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Providers.Age;

/// <summary>The reading end: gives out a chunk's bytes when the chunk was authenticated, and the last ones when the source has ended behind it.</summary>
internal sealed class DecryptingStream(AgeSource source, ChunkCipher cipher, string name) : DownloadStream
{
    // So many chunks are asked of the source in one read, and one more byte, which tells whether the last of them has a successor.
    private const int Batch = 4;
    private const int BatchLength = Batch * ChunkStream.SealedLength;

    private readonly byte[] _nonce = new byte[ChunkCipher.NonceLength];
    private byte[] _sealed = ArrayPool<byte>.Shared.Rent(BatchLength + 1);
    private byte[] _plain = ArrayPool<byte>.Shared.Rent(ChunkStream.PlainLength);
    private int _sealedStart;
    private int _sealedEnd;
    private int _plainStart;
    private int _plainEnd;
    private ulong _number;
    private bool _sourceEnded;
    private bool _ended;
    private bool _disposed;

    // What a first error said is said again: a reader that goes on after it must not take the rest for the end.
    private string? _damage;

    public override bool CanRead => !_disposed;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (buffer.Length == 0)
        {
            return 0;
        }

        if (_plainStart == _plainEnd && !await OpenNextAsync(cancellationToken).ConfigureAwait(false))
        {
            return 0;
        }

        var count = Math.Min(buffer.Length, _plainEnd - _plainStart);
        _plain.AsSpan(_plainStart, count).CopyTo(buffer.Span);
        _plainStart += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            cipher.Dispose();
            ArrayPool<byte>.Shared.Return(_sealed);
            ArrayPool<byte>.Shared.Return(_plain, clearArray: true);
            (_sealed, _plain) = ([], []);
        }

        base.Dispose(disposing);
    }

    private async ValueTask<bool> OpenNextAsync(CancellationToken cancellationToken)
    {
        if (_damage is not null)
        {
            throw Damaged(_damage);
        }

        if (_ended)
        {
            return false;
        }

        if (!_sourceEnded && _sealedEnd - _sealedStart <= ChunkStream.SealedLength)
        {
            _sealed.AsSpan(_sealedStart, _sealedEnd - _sealedStart).CopyTo(_sealed);
            (_sealedStart, _sealedEnd) = (0, _sealedEnd - _sealedStart);
            var room = _sealed.AsMemory(_sealedEnd, BatchLength + 1 - _sealedEnd);
            var count = await FillAsync(room, cancellationToken).ConfigureAwait(false);
            _sealedEnd += count;
            _sourceEnded = count < room.Length;
        }

        OpenChunk();
        return _plainEnd > 0;
    }

    private async ValueTask<int> FillAsync(Memory<byte> room, CancellationToken cancellationToken)
    {
        try
        {
            return await source.ReadAsync(room, cancellationToken).ConfigureAwait(false);
        }
        catch (AgeFormatException e)
        {
            throw Damaged(e.Message); // its armour
        }
    }

    private void OpenChunk()
    {
        var left = _sealedEnd - _sealedStart;
        var last = _sourceEnded && left <= ChunkStream.SealedLength;
        var length = Math.Min(left, ChunkStream.SealedLength);
        if (length < ChunkCipher.TagLength)
        {
            throw Damaged("it is cut short.");
        }

        ChunkStream.WriteNonce(_nonce, _number, last);
        (_plainStart, _plainEnd) = (0, 0);
        if (!cipher.TryDecrypt(_nonce, _sealed.AsSpan(_sealedStart, length), _plain.AsSpan(0, length - ChunkCipher.TagLength)))
        {
            throw Damaged(last
                ? "its end is missing or changed."
                : $"the chunk at {_number * ChunkStream.PlainLength:N0} bytes is not what was encrypted.");
        }

        if (last && length == ChunkCipher.TagLength && _number > 0)
        {
            throw Damaged("it ends in an empty chunk.");
        }

        (_plainEnd, _sealedStart, _number, _ended) = (length - ChunkCipher.TagLength, _sealedStart + length, _number + 1, last);
    }

    private EncryptedDataDamagedException Damaged(string reason) => new(name, _damage = reason);
}
