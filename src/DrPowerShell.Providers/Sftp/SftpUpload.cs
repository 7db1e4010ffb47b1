using System.Buffers;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Providers.Sftp;

/// <summary>
/// Writes an object: into a part beside it, brought to the disk, then given its name. What is small is held until it is complete, and is put
/// again where the connection broke; what is large is sent as it comes, and ends with the connection that it began on.
/// </summary>
internal sealed class SftpUpload(SftpLink link, SftpPaths paths, string name, bool onlyIfAbsent) : UploadStream
{
    private const int HeldAtMost = 256 * 1024;
    private const int Ahead = 16;
    private const int LongestHead = 25 + 256; // a handle has at most 256 bytes

    private readonly SftpPublication _publication = new(link, name, paths.Of(name), onlyIfAbsent);
    private readonly SemaphoreSlim _window = new(Ahead, Ahead);
    private readonly List<string> _parts = [];
    private MemoryStream? _held = new();
    private SftpSession? _session;
    private SftpHandle? _handle;
    private byte[]? _chunk;
    private int _filled;
    private long _sent;
    private Exception? _failure;
    private bool _completed;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_completed, this);
        if (_held is { } held)
        {
            if (held.Length + buffer.Length <= HeldAtMost)
            {
                held.Write(buffer.Span);
                return;
            }

            (_session, _handle) = await link.RunAsync($"beginning '{name}'", BeginAsync, cancellationToken).ConfigureAwait(false);
            _held = null;
            await StreamAsync(held.GetBuffer().AsMemory(0, (int)held.Length), cancellationToken).ConfigureAwait(false);
        }

        await StreamAsync(buffer, cancellationToken).ConfigureAwait(false);
    }

    public override async Task<BlobInfo> CompleteAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_completed, this);
        SftpAttributes found;
        if (_held is { } held)
        {
            var bytes = held.ToArray();
            found = await link.RunAsync($"writing '{name}'", (session, token) => PutAsync(session, bytes, token), cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await FinishAsync(cancellationToken).ConfigureAwait(false);
            found = await link.RunAsync(
                $"publishing '{name}'", (session, token) => _publication.PublishAsync(session, _parts[^1], _sent, content: null, token), cancellationToken).ConfigureAwait(false);
        }

        _completed = true;
        return new BlobInfo(name, found.Size ?? 0, found.Modified);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_chunk is { } chunk)
        {
            _chunk = null;
            ArrayPool<byte>.Shared.Return(chunk);
        }

        // Attempts that broke leave parts even where a later one succeeded; what was published carries another name by now.
        if (_parts.Count > (_completed ? 1 : 0) || _handle is not null)
        {
            await RemovePartsAsync().ConfigureAwait(false);
        }

        _completed = true;
        GC.SuppressFinalize(this);
    }

    private async Task<SftpAttributes> PutAsync(SftpSession session, byte[] bytes, CancellationToken cancellationToken)
    {
        // Each attempt has a part of its own: the one before may have been published already, and it would be the same file.
        (_session, _handle) = await OpenPartAsync(session, cancellationToken).ConfigureAwait(false);
        (_sent, _filled, _failure) = (0, 0, null);
        try
        {
            await StreamAsync(bytes, cancellationToken).ConfigureAwait(false);
            await FinishAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RecoveryException)
        {
            await DrainAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        return await _publication.PublishAsync(session, _parts[^1], bytes.Length, bytes, cancellationToken).ConfigureAwait(false);
    }

    private async Task<(SftpSession Session, SftpHandle Handle)> BeginAsync(SftpSession session, CancellationToken cancellationToken)
    {
        // Known before gigabytes are sent for nothing; whether it still holds at the end is decided there.
        return onlyIfAbsent && await session.FindAsync(paths.Of(name), cancellationToken).ConfigureAwait(false) is not null
            ? throw new BlobExistsException(link.Store, name)
            : await OpenPartAsync(session, cancellationToken).ConfigureAwait(false);
    }

    private async Task<(SftpSession Session, SftpHandle Handle)> OpenPartAsync(SftpSession session, CancellationToken cancellationToken)
    {
        var part = paths.NewPart(name);
        try
        {
            for (var made = false; ; made = true)
            {
                try
                {
                    _parts.Add(part);
                    return (session, await session.OpenAsync(part, SftpOpen.Write | SftpOpen.Create | SftpOpen.Exclusive, cancellationToken).ConfigureAwait(false));
                }
                catch (SftpStatusException e) when (e.Status == SftpStatus.NoSuchFile && !made)
                {
                    _parts.Remove(part);
                    await MakeFoldersAsync(session, SftpPaths.FolderOf(part), cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (SftpStatusException e)
        {
            _parts.Remove(part);
            throw await link.ExplainAsync($"writing '{name}'", paths.Root, e, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task MakeFoldersAsync(SftpSession session, string folder, CancellationToken cancellationToken)
    {
        if (folder.Length <= paths.Root.Length || await session.FindAsync(folder, cancellationToken).ConfigureAwait(false) is not null)
        {
            return;
        }

        await MakeFoldersAsync(session, SftpPaths.FolderOf(folder), cancellationToken).ConfigureAwait(false);
        try
        {
            await session.MakeFolderAsync(folder, cancellationToken).ConfigureAwait(false);
        }
        catch (SftpStatusException e) when (e.Status == SftpStatus.Failure)
        {
            // Another writer may have made it a moment ago.
            if (await session.FindAsync(folder, cancellationToken).ConfigureAwait(false) is not { IsFolder: true })
            {
                throw;
            }
        }
    }

    private async Task StreamAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var before = SftpSession.WriteOverhead(_handle!);
        while (!bytes.IsEmpty)
        {
            _chunk ??= ArrayPool<byte>.Shared.Rent(LongestHead + _session!.ChunkSize);
            var taken = Math.Min(bytes.Length, _session!.ChunkSize - _filled);
            bytes[..taken].CopyTo(_chunk.AsMemory(before + _filled));
            bytes = bytes[taken..];
            _filled += taken;
            if (_filled == _session.ChunkSize)
            {
                await SendChunkAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task SendChunkAsync(CancellationToken cancellationToken)
    {
        await _window.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (Volatile.Read(ref _failure) is { } failure)
        {
            _window.Release();
            throw await ExplainAsync(failure, cancellationToken).ConfigureAwait(false);
        }

        var (chunk, filled, offset) = (_chunk!, _filled, _sent);
        (_chunk, _filled) = (null, 0);
        _sent += filled;
        _ = WriteChunkAsync(chunk, filled, offset);
    }

    private async Task WriteChunkAsync(byte[] chunk, int filled, long offset)
    {
        try
        {
            await _session!.WriteAsync(_handle!, offset, chunk, filled, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SftpStatusException or SftpConnectionLostException or SftpSilentException)
        {
            Interlocked.CompareExchange(ref _failure, e, null);
        }
        finally
        {
            _window.Release();
        }
    }

    // Everything written, answered, of the right length and on the disk.
    private async Task FinishAsync(CancellationToken cancellationToken)
    {
        if (_filled > 0)
        {
            await SendChunkAsync(cancellationToken).ConfigureAwait(false);
        }

        await DrainAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_failure is { } failure)
            {
                throw failure;
            }

            await _session!.SyncAsync(_handle!, cancellationToken).ConfigureAwait(false);
            await _session.CloseAsync(_handle!, cancellationToken).ConfigureAwait(false);
            _handle = null;
            if (await _session.StatAsync(_parts[^1], cancellationToken).ConfigureAwait(false) is { Size: { } size } && size != _sent)
            {
                throw new StoreFailedException(link.Store, $"writing '{name}'", $"{_sent:N0} bytes were written and {size:N0} are there.");
            }
        }
        catch (Exception e) when (e is SftpStatusException or SftpConnectionLostException or SftpSilentException)
        {
            throw await ExplainAsync(e, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < Ahead; i++)
        {
            await _window.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        _window.Release(Ahead);
    }

    private async Task<RecoveryException> ExplainAsync(Exception failure, CancellationToken cancellationToken) => failure is SftpStatusException status
        ? await link.ExplainAsync($"writing '{name}'", paths.Root, status, cancellationToken).ConfigureAwait(false)
        : SshFailures.OfLoss(link.Store, $"'{name}' was not stored, {_sent:N0} bytes of it had been sent", failure);

    // What cannot be removed now is listed as unfinished later.
    private async Task RemovePartsAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await link.RunOnceAsync($"removing the parts of '{name}'", async (session, token) =>
            {
                if (_handle is { } handle && _session == session)
                {
                    await session.CloseAsync(handle, token).ConfigureAwait(false);
                }

                foreach (var part in _parts)
                {
                    try
                    {
                        await session.RemoveAsync(part, token).ConfigureAwait(false);
                    }
                    catch (SftpStatusException)
                    {
                        // It was published, or never came to be.
                    }
                }

                return true;
            }, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RecoveryException or SftpStatusException or OperationCanceledException or ObjectDisposedException)
        {
            // Best effort: the server is gone.
        }
    }
}
