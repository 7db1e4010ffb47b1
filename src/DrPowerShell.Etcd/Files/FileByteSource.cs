using Microsoft.Win32.SafeHandles;

namespace DrPowerShell.Etcd.Files;

/// <summary>
/// A file read with positioned reads. Not a mapping: touching a mapped page past a truncation, or on a failing disk, ends the whole process.
/// </summary>
public sealed class FileByteSource : IByteSource
{
    private readonly SafeFileHandle _handle;
    private readonly bool _ownsHandle;
    private readonly DateTime _written;

    private FileByteSource(string path, SafeFileHandle handle, bool ownsHandle)
    {
        Name = path;
        _handle = handle;
        _ownsHandle = ownsHandle;
        Length = RandomAccess.GetLength(handle);
        _written = File.GetLastWriteTimeUtc(handle);
    }

    public string Name { get; }

    public long Length { get; }

    internal SafeFileHandle Handle => _handle;

    /// <summary>Opens a file for reading; others may read it, and may replace it by a rename.</summary>
    /// <param name="path">A path of the file system.</param>
    /// <exception cref="SnapshotFileNotFoundException">There is no such file.</exception>
    /// <exception cref="SnapshotReadFailedException">It cannot be opened or is not a regular file.</exception>
    public static FileByteSource Open(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                throw new SnapshotFileNotFoundException(path, isDirectory: true);
            }

            // Opening a pipe would wait for its writer, for ever.
            if (!LinuxFileSystem.IsRegularFile(path))
            {
                throw new SnapshotReadFailedException(path, "it is no regular file");
            }

            // Locks out writers where they lock too: a running etcd holds its database.
            return new FileByteSource(path, File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete), ownsHandle: true);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SnapshotFileNotFoundException(path, isDirectory: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new SnapshotReadFailedException(path, e.Message.TrimEnd('.'), e);
        }
    }

    /// <summary>Whether a path is a regular file, and no pipe, socket or device: opening a pipe would wait for its writer, for ever.</summary>
    public static bool IsRegularFile(string path) => File.Exists(path) && LinuxFileSystem.IsRegularFile(path);

    /// <summary>Reads a file that its writer holds open, and closes it.</summary>
    internal static FileByteSource Over(string path, SafeFileHandle handle) => new(path, handle, ownsHandle: false);

    public void ReadExactly(long offset, Span<byte> buffer)
    {
        try
        {
            while (!buffer.IsEmpty)
            {
                var read = RandomAccess.Read(_handle, buffer, offset);
                if (read == 0)
                {
                    throw new SnapshotReadFailedException(Name, $"it ends at byte {offset:N0}, although it was {Length:N0} bytes long when it was opened");
                }

                buffer = buffer[read..];
                offset += read;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SnapshotReadFailedException(Name, $"reading at byte {offset:N0} failed: {e.Message.TrimEnd('.')}", e);
        }
    }

    /// <summary>Throws where the file was written to since it was opened: what was read of it may not belong together.</summary>
    public void EnsureUnchanged()
    {
        if (RandomAccess.GetLength(_handle) != Length || File.GetLastWriteTimeUtc(_handle) != _written)
        {
            throw new SnapshotReadFailedException(Name, "it was written to while it was read");
        }
    }

    public void Dispose()
    {
        if (_ownsHandle)
        {
            _handle.Dispose();
        }
    }
}
