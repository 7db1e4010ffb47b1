using System.Buffers;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Providers.Age;

/// <summary>The writing end: header and chunks go to the destination as they fill, the last one when this is disposed.</summary>
/// <remarks>A chunk that is full is held back until another byte comes, because only then is it known not to be the last.</remarks>
internal sealed class EncryptingStream : Stream, IRereadable
{
    // So many chunks go to the destination in one write.
    private const int Batch = 8;

    private readonly Stream _destination;
    private readonly ChunkCipher _cipher;
    private readonly byte[] _nonce = new byte[ChunkCipher.NonceLength];
    private readonly byte[] _head;
    private bool _isHeadSent;
    private byte[] _plain = ArrayPool<byte>.Shared.Rent(ChunkStream.PlainLength);
    private byte[] _sealed = ArrayPool<byte>.Shared.Rent(Batch * ChunkStream.SealedLength);
    private int _plainCount;
    private int _sealedCount;
    private ulong _number;
    private State _state;

    /// <param name="destination">Stays open.</param>
    /// <param name="cipher">Disposed with this.</param>
    /// <param name="head">The header and the payload's nonce.</param>
    public EncryptingStream(Stream destination, ChunkCipher cipher, byte[] head) => (_destination, _cipher, _head) = (destination, cipher, head);

    private enum State
    {
        Open,

        /// <summary>A write broke off: what the destination holds cannot be made whole, and must not be made to look so.</summary>
        Failed,

        Closed,
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => _state == State.Open;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public LayerReader Reader()
    {
        // Made here, so that the key need not outlive this where nobody reads again.
        var cipher = _cipher.Copy();
        return new(ChunkStream.PlainLength, stored => new ChunkByteSource(stored, cipher, _head));
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Enter();
        while (buffer.Length > 0)
        {
            buffer = Take(buffer);
            if (_sealedCount == Batch * ChunkStream.SealedLength)
            {
                await SendAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        _state = State.Open;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Enter();
        while (buffer.Length > 0)
        {
            buffer = buffer[Take(buffer)..];
            if (_sealedCount == Batch * ChunkStream.SealedLength)
            {
                Send();
            }
        }

        _state = State.Open;
    }

    /// <summary>Does nothing: a chunk cannot be sent before it is full.</summary>
    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override async ValueTask DisposeAsync()
    {
        if (Finish())
        {
            try
            {
                await SendAsync(CancellationToken.None).ConfigureAwait(false);
            }
            finally
            {
                Release();
            }
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && Finish())
        {
            try
            {
                Send();
            }
            finally
            {
                Release();
            }
        }

        base.Dispose(disposing);
    }

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(_state == State.Closed, this);
        if (_state == State.Failed)
        {
            throw new InvalidOperationException("An earlier write to this stream failed.");
        }

        // Until the write is through: whatever ends it early leaves this.
        _state = State.Failed;
    }

    private ReadOnlyMemory<byte> Take(ReadOnlyMemory<byte> buffer) => buffer[Take(buffer.Span)..];

    /// <summary>Takes what fits in one chunk, and seals the chunk that is known to have a successor; says how much it took.</summary>
    private int Take(ReadOnlySpan<byte> buffer)
    {
        if (_plainCount == 0 && buffer.Length > ChunkStream.PlainLength)
        {
            Seal(buffer[..ChunkStream.PlainLength], last: false);
            return ChunkStream.PlainLength;
        }

        if (_plainCount == ChunkStream.PlainLength)
        {
            Seal(_plain.AsSpan(0, _plainCount), last: false);
            _plainCount = 0;
            return 0;
        }

        var count = Math.Min(buffer.Length, ChunkStream.PlainLength - _plainCount);
        buffer[..count].CopyTo(_plain.AsSpan(_plainCount));
        _plainCount += count;
        return count;
    }

    private void Seal(ReadOnlySpan<byte> plain, bool last)
    {
        ChunkStream.WriteNonce(_nonce, _number++, last);
        var length = plain.Length + ChunkCipher.TagLength;
        _cipher.Encrypt(_nonce, plain, _sealed.AsSpan(_sealedCount, length));
        _sealedCount += length;
    }

    private bool Finish()
    {
        if (_state == State.Closed)
        {
            return false;
        }

        if (_state == State.Failed)
        {
            Release();
            return false;
        }

        _state = State.Closed;
        Seal(_plain.AsSpan(0, _plainCount), last: true);
        return true;
    }

    private async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        if (!_isHeadSent)
        {
            await _destination.WriteAsync(_head, cancellationToken).ConfigureAwait(false);
            _isHeadSent = true;
        }

        await _destination.WriteAsync(_sealed.AsMemory(0, _sealedCount), cancellationToken).ConfigureAwait(false);
        _sealedCount = 0;
    }

    private void Send()
    {
        if (!_isHeadSent)
        {
            _destination.Write(_head);
            _isHeadSent = true;
        }

        _destination.Write(_sealed, 0, _sealedCount);
        _sealedCount = 0;
    }

    private void Release()
    {
        _state = State.Closed;
        _cipher.Dispose();
        // Cleared: it holds plain bytes of a cluster's secrets.
        ArrayPool<byte>.Shared.Return(_plain, clearArray: true);
        ArrayPool<byte>.Shared.Return(_sealed);
        (_plain, _sealed) = ([], []);
    }
}
