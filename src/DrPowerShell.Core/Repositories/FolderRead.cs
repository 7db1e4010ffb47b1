using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories;

/// <summary>A part of a file, read from where the file stands; a disk that fails is told as the store's failure.</summary>
internal sealed class FolderRead(FileStream file, long length, Func<Exception, RecoveryException> typed) : DownloadStream
{
    private long _left = length;

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return Count(file.Read(buffer[..(int)Math.Min(buffer.Length, _left)]));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw typed(e);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return Count(await file.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw typed(e);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await file.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Count(int read)
    {
        _left -= read;
        return read;
    }
}
