using System.Threading.Channels;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;
using Microsoft.Win32.SafeHandles;

namespace DrPowerShell.Etcd.Snapshots;

/// <summary>
/// Writes a snapshot stream into <c>NAME.part</c>, checks its digest on the way, and gives it its name at the very end: under that name there
/// is a complete, synced snapshot or nothing.
/// </summary>
/// <remarks>
/// The part is held under an exclusive lock, which ends with the process however that dies: a part that can be locked is nobody's any more.
/// One stream at a time; <see cref="RestartAsync"/> begins again after a broken one.
/// </remarks>
public sealed class SnapshotFileWriter : IAsyncDisposable
{
    private const int BlockSize = 1 << 20;
    private const int BlockCount = 6;
    private const int WritebackEvery = 8 << 20;

    private readonly DurableFiles _files;
    private readonly SafeFileHandle _part;
    private Channel<(byte[] Buffer, int Length)> _full = null!;
    private Channel<byte[]> _empty = null!;
    private Task<string> _writer = null!;
    private byte[]? _current;
    private int _used;
    private bool _isPublished;
    private volatile bool _isRaw;

    private SnapshotFileWriter(DurableFiles files, string path, SafeFileHandle part, bool isRaw)
    {
        _isRaw = isRaw;
        _files = files;
        Path = path;
        _part = part;
        Start();
    }

    /// <summary>The name that the snapshot will have.</summary>
    public string Path { get; }

    /// <summary>The name that it has until then.</summary>
    public string PartPath => Path + ".part";

    /// <summary>The bytes taken so far.</summary>
    public long Length { get; private set; }

    /// <summary>Begins a snapshot file. A part that a dead process left behind is taken over.</summary>
    /// <param name="path">The file's final name; nothing may have it yet.</param>
    /// <param name="files">The file system; null for the machine's own.</param>
    /// <param name="isRaw">The caller checks the digest, if there is one: it is not computed a second time here.</param>
    /// <exception cref="SnapshotFileExistsException">The name is taken.</exception>
    /// <exception cref="BackupInProgressException">Another process is writing this very file.</exception>
    /// <exception cref="RecoveryException">The folder cannot be written.</exception>
    public static SnapshotFileWriter Begin(string path, DurableFiles? files = null, bool isRaw = false)
    {
        files ??= DurableFiles.System;
        if (File.Exists(path) || Directory.Exists(path))
        {
            throw new SnapshotFileExistsException(path);
        }

        try
        {
            RemoveLeftover(files, path + ".part");
            return new SnapshotFileWriter(files, path, files.CreateFile(path + ".part"), isRaw);
        }
        catch (IOException e) when (!DiskErrors.IsDiskFull(e) && File.Exists(path + ".part"))
        {
            // Another process was quicker.
            throw new BackupInProgressException(path + ".part");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DiskErrors.Typed(path, 0, e);
        }
    }

    /// <summary>Takes the next bytes of the stream.</summary>
    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Length += bytes.Length;
        while (!bytes.IsEmpty)
        {
            _current ??= await RentAsync(cancellationToken).ConfigureAwait(false);
            var length = Math.Min(bytes.Length, BlockSize - _used);
            bytes.Span[..length].CopyTo(_current.AsSpan(_used));
            _used += length;
            bytes = bytes[length..];
            if (_used == BlockSize)
            {
                Post();
            }
        }
    }

    /// <summary>Throws away what was taken and begins again: the stream broke, and another member is asked.</summary>
    public async Task RestartAsync()
    {
        await StopWriterAsync().ConfigureAwait(false);
        try
        {
            _files.SetLength(_part, 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DiskErrors.Typed(Path, 0, e);
        }

        Length = 0;
        Start();
    }

    /// <summary>Ends the stream: everything is written, its digest matches, and it is on the disk, still under the part's name.</summary>
    /// <returns>The SHA-256 at the end of the snapshot, lowercase hexadecimal.</returns>
    /// <exception cref="SnapshotStreamDamagedException">The stream is short, or its digest does not match.</exception>
    public Task<string> CompleteAsync() => EndAsync();

    /// <summary>The same for bytes without a digest at their end, which the caller has checked by other means.</summary>
    public Task CompleteRawAsync()
    {
        _isRaw = true;
        return EndAsync();
    }

    /// <summary>Opens what was written, under the part's name, for verification.</summary>
    public FileByteSource OpenPart() => FileByteSource.Over(PartPath, _part);

    /// <summary>Gives the snapshot its name.</summary>
    public void Publish()
    {
        try
        {
            _files.RenameFile(PartPath, Path);
            _isPublished = true;
            _files.SyncFolder(System.IO.Path.GetDirectoryName(Path)!);
        }
        catch (IOException) when (!_isPublished && File.Exists(Path))
        {
            throw new SnapshotFileExistsException(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DiskErrors.Typed(Path, Length, e);
        }
    }

    /// <summary>Removes the part, where nothing was published.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopWriterAsync().ConfigureAwait(false);
        try
        {
            if (!_isPublished)
            {
                _files.DeleteFile(PartPath);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next backup to this name removes it; the error that brought us here is the one to tell.
        }
        finally
        {
            _part.Dispose();
        }
    }

    private async Task<string> EndAsync()
    {
        Post();
        _full.Writer.TryComplete();
        try
        {
            var digest = await _writer.ConfigureAwait(false);
            _files.Sync(_part);
            return digest;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DiskErrors.Typed(Path, Length, e);
        }
    }

    private static void RemoveLeftover(DurableFiles files, string part)
    {
        if (!File.Exists(part))
        {
            return;
        }

        try
        {
            using var locked = File.OpenHandle(part, FileMode.Open, FileAccess.ReadWrite, DurableFiles.Exclusive);
            // Between the opening and the lock its owner may have ended, and another backup begun: its part is not ours to remove.
            if (!LinuxFileSystem.IsHere || LinuxFileSystem.IsAt(locked, part))
            {
                files.DeleteFile(part);
            }
        }
        catch (FileNotFoundException)
        {
            // Its owner has just finished or given up.
        }
        catch (IOException e) when (!DiskErrors.IsDiskFull(e))
        {
            throw new BackupInProgressException(part);
        }
    }

    private void Start()
    {
        _full = Channel.CreateBounded<(byte[], int)>(BlockCount);
        _empty = Channel.CreateBounded<byte[]>(BlockCount);
        for (var i = 0; i < BlockCount; i++)
        {
            _empty.Writer.TryWrite(new byte[BlockSize]);
        }

        _current = null;
        _used = 0;
        _writer = Task.Run(WriteBlocksAsync);
    }

    private async Task StopWriterAsync()
    {
        _full.Writer.TryComplete(new OperationCanceledException());
        await ((Task)_writer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async ValueTask<byte[]> RentAsync(CancellationToken cancellationToken)
    {
        if (_empty.Reader.TryRead(out var buffer))
        {
            return buffer;
        }

        try
        {
            return await _empty.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException e) when (e.InnerException is IOException or UnauthorizedAccessException)
        {
            throw DiskErrors.Typed(Path, Length, e.InnerException);
        }
    }

    private void Post()
    {
        if (_current is not null)
        {
            _full.Writer.TryWrite((_current, _used));
            _current = null;
            _used = 0;
        }
    }

    // Writes on a thread of its own, so that the network, the hash and the disk work side by side.
    private async Task<string> WriteBlocksAsync()
    {
        try
        {
            using var digest = _isRaw ? null : new SnapshotStreamDigest();
            long at = 0;
            await foreach (var (buffer, length) in _full.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                _files.Write(_part, buffer.AsSpan(0, length), at);
                digest?.Append(buffer.AsSpan(0, length));
                at += length;
                if (at % WritebackEvery == 0)
                {
                    _files.StartWriteback(_part, at - WritebackEvery, WritebackEvery);
                }

                _empty.Writer.TryWrite(buffer);
            }

            return _isRaw || digest is null ? "" : digest.Complete(Path);
        }
        catch (Exception e)
        {
            _empty.Writer.TryComplete(e);
            throw;
        }
    }
}

/// <summary>A snapshot file exists already.</summary>
public sealed class SnapshotFileExistsException(string path)
    : RecoveryException(
        FailureKind.AlreadyExists,
        path,
        $"'{path}' exists already; it was not touched.",
        "Name another file, or a folder: a name with the time is then made up.");

/// <summary>Another process is writing the same snapshot file.</summary>
public sealed class BackupInProgressException(string part)
    : RecoveryException(
        FailureKind.Busy,
        part,
        $"Another process is writing '{part}' right now.",
        "Wait for it to end, or name another file.");

/// <summary>A snapshot stream ended early or does not match its digest.</summary>
public sealed class SnapshotStreamDamagedException(string path, string reason)
    : RecoveryException(
        FailureKind.InvalidData,
        path,
        $"The snapshot for '{path}' did not arrive whole: {reason}. Nothing was kept.",
        "Try again; if it happens again, take the snapshot from another member and look at this one's disk and network.");
