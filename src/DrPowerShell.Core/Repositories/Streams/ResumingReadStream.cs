using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Streams;

/// <summary>Reads an object, and goes on where it was when the connection breaks.</summary>
internal sealed class ResumingReadStream(IBlobStore store, string name) : DownloadStream
{
    private const int Tries = 5;

    private Stream? _inner;
    private long _position;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                _inner ??= await store.OpenReadAsync(name, _position, length: null, cancellationToken).ConfigureAwait(false);
                var read = await _inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                _position += read;
                return read;
            }
            catch (RecoveryException e) when (attempt < Tries && _position > 0 && e.Kind is FailureKind.Unreachable or FailureKind.Timeout)
            {
                await CloseAsync().ConfigureAwait(false);
                await Task.Delay(TimeSpan.FromMilliseconds(100 << attempt), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner?.Dispose();
            _inner = null;
        }

        base.Dispose(disposing);
    }

    private async ValueTask CloseAsync()
    {
        if (_inner is { } open)
        {
            _inner = null;
            await open.DisposeAsync().ConfigureAwait(false);
        }
    }
}
