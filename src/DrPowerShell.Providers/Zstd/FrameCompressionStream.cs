using DrPowerShell.Core.Ports;

namespace DrPowerShell.Providers.Zstd;

/// <summary>
/// Compresses into frames of one megabyte each, side by side on as many cores as there are, up to four. The <c>zstd</c> tool reads them as one stream;
/// each can be read alone.
/// </summary>
/// <remarks>
/// Values that are encrypted or compressed already gain nothing from a higher level, and cost as much: every sixteenth frame is made at level 1
/// too, and where that comes within a hundredth, the next ones are made at level 1 alone.
/// </remarks>
internal sealed class FrameCompressionStream(Stream destination, int level) : Stream, IRereadable
{
    /// <summary>The plain bytes of every frame but the last.</summary>
    public const int FrameLength = 1 << 20;

    // From here on the tables of one compressor take tens of megabytes.
    private const int CostlyLevel = 13;

    private const int TriedEvery = 16;

    private static readonly int Cores = Math.Clamp(Environment.ProcessorCount, 1, 4);

    private readonly int _most = level < CostlyLevel ? Cores + 1 : 2;
    private readonly Queue<(FrameWorker Worker, Task<Frame> Frame)> _underWay = [];
    private readonly Stack<FrameWorker> _idle = [];
    private readonly FrameTable _table = new();
    private FrameWorker? _current;
    private int _workers;
    private long _length;
    private bool _isFast;
    private int _started;
    private bool _isBroken;
    private bool _isDisposed;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => !_isDisposed;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public LayerReader Reader() => new(FrameLength, stored => new FrameByteSource(stored, _table, _length));

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_isBroken)
        {
            throw new InvalidOperationException("An earlier write to this stream failed.");
        }

        while (!buffer.IsEmpty)
        {
            _current ??= await RentAsync(cancellationToken).ConfigureAwait(false);
            var count = _current.Take(buffer.Span);
            _length += count;
            buffer = buffer[count..];
            if (_current.IsFull)
            {
                Start();
            }
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <summary>Does nothing: a frame cannot be sent before it is full.</summary>
    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        try
        {
            if (!_isBroken)
            {
                // Nothing at all is one empty frame.
                if (_current is not null || (_table.Count == 0 && _underWay.Count == 0))
                {
                    _current ??= await RentAsync(CancellationToken.None).ConfigureAwait(false);
                    Start();
                }

                while (_underWay.Count > 0)
                {
                    _idle.Push(await SendAsync(CancellationToken.None).ConfigureAwait(false));
                }
            }
        }
        finally
        {
            await ReleaseAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        base.Dispose(disposing);
    }

    private void Start()
    {
        var worker = _current!;
        _current = null;
        var isTried = level > FrameWorker.FastLevel && _started++ % TriedEvery == 0;
        var isFast = _isFast;
        _underWay.Enqueue((worker, Task.Run(() => isTried ? worker.CompressTwice() : worker.Compress(isFast))));
    }

    private async ValueTask<FrameWorker> RentAsync(CancellationToken cancellationToken)
    {
        // What is done already goes on, so that the next layers have work while frames are made.
        while (_underWay.TryPeek(out var oldest) && oldest.Frame.IsCompleted)
        {
            _idle.Push(await SendAsync(cancellationToken).ConfigureAwait(false));
        }

        if (_idle.TryPop(out var idle))
        {
            return idle;
        }

        if (_workers < _most)
        {
            _workers++;
            return new(level, FrameLength);
        }

        return await SendAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<FrameWorker> SendAsync(CancellationToken cancellationToken)
    {
        var (worker, making) = _underWay.Peek();
        _isBroken = true;
        var frame = await making.ConfigureAwait(false);
        await destination.WriteAsync(frame.Bytes, cancellationToken).ConfigureAwait(false);
        _table.Add(frame.Bytes.Length);
        _isFast = frame.IsCostly ?? _isFast;
        _underWay.Dequeue();
        _isBroken = false;
        return worker;
    }

    private async Task ReleaseAsync()
    {
        foreach (var (worker, making) in _underWay)
        {
            await ((Task)making).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            worker.Dispose();
        }

        _underWay.Clear();
        foreach (var worker in _idle)
        {
            worker.Dispose();
        }

        _idle.Clear();
        _current?.Dispose();
        _current = null;
    }
}
