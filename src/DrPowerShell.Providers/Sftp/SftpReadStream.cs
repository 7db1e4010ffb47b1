using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Providers.Sftp;

/// <summary>Reads a file with requests ahead of the reader; goes on where it was after a connection broke, since objects never change.</summary>
internal sealed class SftpReadStream(SftpLink link, string name, string path, long offset, long? length) : DownloadStream
{
    private const int Ahead = 16;

    private readonly Queue<(long Offset, int Count, Task<SftpAnswer?> Answer)> _asked = new();
    private readonly long _end = length is { } count && count < long.MaxValue - offset ? offset + count : long.MaxValue;
    private SftpSession? _session;
    private SftpHandle? _handle;
    private SftpAnswer? _current;
    private int _used;
    private long _position = offset;
    private long _next = offset;
    private bool _ended;

    /// <summary>Opens the file and begins to ask for its bytes.</summary>
    public Task OpenAsync(CancellationToken cancellationToken) => link.RunAsync($"opening '{name}'", OpenAsync, cancellationToken);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _ended)
        {
            return 0;
        }

        var attempted = false;
        return await link.RunAsync($"reading '{name}'", async (session, token) =>
        {
            try
            {
                if (_handle is null || _session != session || attempted)
                {
                    await OpenAsync(session, token).ConfigureAwait(false);
                }

                attempted = true;
                return await FillAsync(buffer, token).ConfigureAwait(false);
            }
            catch (SftpStatusException e)
            {
                throw SshFailures.OfStatus(link.Store, $"reading '{name}'", room: null, e);
            }
        }, cancellationToken).ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        _ended = true;
        Forget();
        base.Dispose(disposing);
    }

    private async Task OpenAsync(SftpSession session, CancellationToken cancellationToken)
    {
        Forget();
        try
        {
            _handle = await session.OpenAsync(path, SftpOpen.Read, cancellationToken).ConfigureAwait(false);
            _session = session;
            _next = _position;
        }
        catch (SftpStatusException e) when (e.Status == SftpStatus.NoSuchFile)
        {
            throw new BlobNotFoundException(link.Store, name);
        }
        catch (SftpStatusException e)
        {
            throw SshFailures.OfStatus(link.Store, $"opening '{name}'", room: null, e);
        }
    }

    private async Task<int> FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (_current is null)
        {
            AskAhead();
            if (_asked.Count == 0)
            {
                _ended = true;
                return 0;
            }

            var (at, count, asked) = _asked.Peek();
            var answer = await asked.WaitAsync(cancellationToken).ConfigureAwait(false);
            _asked.Dequeue();
            var arrived = answer is null ? 0 : answer.Body.Length - 4;
            if (arrived <= 0)
            {
                answer?.Dispose();
                _ended = true;
                return 0;
            }

            if (arrived < count)
            {
                // Less than was asked for: what was asked for after it would leave a gap, unless the file ends here.
                Drop();
                _next = at + arrived;
            }

            (_current, _used) = (answer, 4);
        }

        var bytes = _current.Body[_used..];
        var taken = Math.Min(bytes.Length, buffer.Length);
        bytes[..taken].CopyTo(buffer.Span);
        _used += taken;
        _position += taken;
        if (taken == bytes.Length)
        {
            _current.Dispose();
            _current = null;
        }

        return taken;
    }

    private void AskAhead()
    {
        while (_asked.Count < Ahead && _next < _end)
        {
            var count = (int)Math.Min(_session!.ChunkSize, _end - _next);
            _asked.Enqueue((_next, count, _session.ReadAsync(_handle!, _next, count, CancellationToken.None)));
            _next += count;
        }
    }

    private void Forget()
    {
        Drop();
        _current?.Dispose();
        _current = null;
        if (_handle is { } handle && _session is { IsAlive: true } session)
        {
            Quietly(session.CloseAsync(handle, CancellationToken.None));
        }

        _handle = null;
    }

    private void Drop()
    {
        while (_asked.TryDequeue(out var asked))
        {
            Quietly(asked.Answer.ContinueWith(
                late => late.Result?.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default));
        }
    }

    private static void Quietly(Task task) =>
        _ = task.ContinueWith(ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
