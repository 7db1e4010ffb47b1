using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Files;
using Microsoft.Win32.SafeHandles;

namespace DrPowerShell.Core.Repositories;

/// <summary>Writes an object's part and gives it its name at the very end. One block is on its way to the disk while the next is filled.</summary>
internal sealed class FolderUpload : UploadStream
{
    private const int BlockSize = 1 << 20;
    private const int WritebackEvery = 8 << 20;

    private readonly Uri _store;
    private readonly string _root;
    private readonly string _name;
    private readonly string _path;
    private readonly string _part;
    private readonly bool _onlyIfAbsent;
    private readonly DurableFiles _files;
    private readonly SafeFileHandle _file;
    private byte[]? _filling;
    private byte[]? _writing;
    private Task _write = Task.CompletedTask;
    private int _used;
    private long _offset;
    private long _flushed;
    private bool _isDone;

    public FolderUpload(Uri store, string root, string name, string path, bool onlyIfAbsent, DurableFiles files)
    {
        (_store, _root, _name, _path, _onlyIfAbsent, _files) = (store, root, name, path, onlyIfAbsent, files);
        _part = FolderPart.NewPath(path);
        _file = files.CreateFile(_part);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDone, this);
        while (!buffer.IsEmpty)
        {
            _filling ??= new byte[BlockSize];
            var length = Math.Min(buffer.Length, BlockSize - _used);
            buffer.Span[..length].CopyTo(_filling.AsSpan(_used));
            _used += length;
            buffer = buffer[length..];
            if (_used == BlockSize)
            {
                await SendAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        await SendAsync(cancellationToken).ConfigureAwait(false);
        await WrittenAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async Task<BlobInfo> CompleteAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDone, this);
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        var info = await Attempt(Publish).ConfigureAwait(false);
        _isDone = true;
        return info;
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_isDone)
        {
            _isDone = true;
            await _write.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
            _file.Dispose();
            try
            {
                _files.DeleteFile(_part);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It stays as an unfinished upload, which is collected later; what brought us here is the news.
            }
        }

        GC.SuppressFinalize(this);
    }

    private BlobInfo Publish()
    {
        _files.Sync(_file);
        var info = new BlobInfo(_name, _offset, new DateTimeOffset(File.GetLastWriteTimeUtc(_part)));
        if (_onlyIfAbsent)
        {
            try
            {
                _files.RenameFileExclusively(_part, _path);
            }
            catch (IOException) when (File.Exists(_path) && File.Exists(_part))
            {
                throw new BlobExistsException(_store, _name);
            }
        }
        else
        {
            _files.ReplaceFile(_part, _path);
        }

        _file.Dispose();
        _files.SyncFolder(Path.GetDirectoryName(_path)!);
        return info;
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        await WrittenAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_used > 0)
        {
            (_filling, _writing) = (_writing, _filling);
            var (block, length, offset) = (_writing!, _used, _offset);
            _offset += _used;
            _used = 0;
            _write = Task.Run(() => WriteBlock(block.AsSpan(0, length), offset), CancellationToken.None);
        }
    }

    private void WriteBlock(ReadOnlySpan<byte> block, long offset)
    {
        _files.Write(_file, block, offset);
        var end = offset + block.Length;
        if (end - _flushed >= WritebackEvery)
        {
            _files.StartWriteback(_file, _flushed, end - _flushed);
            _flushed = end;
        }
    }

    private async Task WrittenAsync()
    {
        try
        {
            await _write.ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FolderFailures.Typed(_store, _root, $"write '{_name}'", e);
        }
    }

    private Task<BlobInfo> Attempt(Func<BlobInfo> action) => Task.Run(() =>
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FolderFailures.Typed(_store, _root, $"complete '{_name}'", e);
        }
    });
}
