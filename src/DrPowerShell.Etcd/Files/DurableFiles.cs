using Microsoft.Win32.SafeHandles;

namespace DrPowerShell.Etcd.Files;

/// <summary>
/// Every change that a backup or a restore makes on a disk goes through here, one call a step, so that a test can let any of them fail or
/// be the last one that happens.
/// </summary>
public class DurableFiles
{
    /// <summary>The real file system.</summary>
    public static DurableFiles System { get; } = new();

    /// <summary>Keeps others out of a file that is open. Windows renames and deletes an open file only where its opener allowed that.</summary>
    internal static FileShare Exclusive => OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;

    /// <summary>Creates one folder for the owner alone (0700).</summary>
    public virtual void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Creates one folder above a target, with the modes that the user's umask leaves: others may have to pass.</summary>
    public virtual void CreateParentFolder(string path) => Directory.CreateDirectory(path);

    /// <summary>Creates a file that is not there yet, for the owner alone (0600), and keeps others from opening it.</summary>
    public virtual SafeFileHandle CreateFile(string path)
    {
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, Exclusive);
        try
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public virtual void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(file, bytes, offset);

    /// <summary>Lets the disk begin with what was written, so that the sync at the end finds little left; no promise is tied to it.</summary>
    public virtual void StartWriteback(SafeFileHandle file, long offset, long length)
    {
        if (LinuxFileSystem.IsHere)
        {
            LinuxFileSystem.StartWriteback(file, offset, length);
        }
    }

    public virtual void SetLength(SafeFileHandle file, long length) => RandomAccess.SetLength(file, length);

    /// <summary>Makes a file share another one's extents; false where the file system cannot.</summary>
    public virtual bool TryClone(SafeFileHandle source, SafeFileHandle target) => LinuxFileSystem.IsHere && LinuxFileSystem.TryClone(source, target);

    /// <summary>Gives a file a second name; false where the file system, or this one with the other, cannot.</summary>
    public virtual bool TryLink(string file, string name) => LinuxFileSystem.IsHere && LinuxFileSystem.TryLink(file, name);

    /// <summary>Syncs a file's bytes and length to the disk.</summary>
    public virtual void Sync(SafeFileHandle file) => RandomAccess.FlushToDisk(file);

    /// <summary>Syncs a folder's entries to the disk; Windows does so by itself.</summary>
    public virtual void SyncFolder(string path)
    {
        if (LinuxFileSystem.IsHere)
        {
            LinuxFileSystem.SyncFolder(path);
        }
    }

    /// <summary>Renames a file to a name that is not taken.</summary>
    public virtual void RenameFile(string from, string to) => File.Move(from, to, overwrite: false);

    /// <summary>Renames a file to a name that is not taken, and fails without a race where another process takes it first.</summary>
    public virtual void RenameFileExclusively(string from, string to)
    {
        // File.Move looks first and renames then: of two that do so at once the second would replace the first one's file.
        if (!LinuxFileSystem.IsHere || !LinuxFileSystem.TryRenameExclusively(from, to))
        {
            File.Move(from, to, overwrite: false);
        }
    }

    /// <summary>Renames a file over whatever file has the name.</summary>
    public virtual void ReplaceFile(string from, string to) => File.Move(from, to, overwrite: true);

    /// <summary>Renames a folder to a name that is not taken, or that an empty folder has.</summary>
    public virtual void RenameFolder(string from, string to)
    {
        if (LinuxFileSystem.IsHere)
        {
            LinuxFileSystem.Rename(from, to);
            return;
        }

        if (Directory.Exists(to))
        {
            Directory.Delete(to, recursive: false);
        }

        Directory.Move(from, to);
    }

    public virtual void DeleteFile(string path) => File.Delete(path);

    /// <summary>Deletes a folder; fails where anything is in it.</summary>
    public virtual void DeleteEmptyFolder(string path) => Directory.Delete(path, recursive: false);

    public virtual void DeleteFolder(string path) => Directory.Delete(path, recursive: true);

    /// <summary>Gives a folder a mode; does nothing where it has it already, and on Windows.</summary>
    public virtual void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(path) != mode)
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    /// <summary>Gives a path an owner and a label.</summary>
    internal virtual void Own(string path, FileOwnership ownership) => ownership.Apply(path);
}
