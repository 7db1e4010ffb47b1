using System.Security.Cryptography;
using DrPowerShell.Etcd.Files;
using Microsoft.Win32.SafeHandles;

namespace DrPowerShell.Etcd.Snapshots.Restore;

/// <summary>
/// A data directory under construction: built under a temporary name on the target's own file system, then renamed. Until the rename the
/// target is as it was; what a killed restore left behind is removed by the next one, once nobody holds its lock any more.
/// </summary>
internal sealed class RestoreStage : IDisposable
{
    private readonly DurableFiles _files;
    private readonly string _root;
    private readonly string _target;
    private readonly bool _isMountPoint;
    private readonly FileOwnership _ownership;
    private readonly SafeFileHandle _lock;
    private bool _isPublished;

    private RestoreStage(DurableFiles files, string target, bool isMountPoint, FileOwnership ownership)
    {
        _files = files;
        _target = target;
        _isMountPoint = isMountPoint;
        _ownership = ownership;
        var parent = isMountPoint ? target : Path.GetDirectoryName(target)!;
        var prefix = StagePrefix(target);
        RemoveLeftovers(files, parent, prefix);
        _root = Path.Combine(parent, prefix + Convert.ToHexString(RandomNumberGenerator.GetBytes(4)));
        files.CreateFolder(_root);
        try
        {
            _lock = files.CreateFile(Path.Combine(_root, "lock"));
            files.CreateFolder(Data);
            files.CreateFolder(Member);
            files.CreateFolder(SnapFolder);
            files.CreateFolder(WalFolder);
            Database = files.CreateFile(Path.Combine(SnapFolder, "db"));
        }
        catch
        {
            _lock?.Dispose();
            files.DeleteFolder(_root);
            throw;
        }
    }

    public SafeFileHandle Database { get; }

    public string Target => _target;

    private string Data => Path.Combine(_root, "data");

    private string Member => Path.Combine(Data, "member");

    private string SnapFolder => Path.Combine(Member, "snap");

    private string WalFolder => Path.Combine(Member, "wal");

    /// <summary>Checks the target and begins beside it.</summary>
    /// <exception cref="DataDirectoryNotEmptyException">Something is in the target.</exception>
    public static RestoreStage Begin(DurableFiles files, string dataDirectory, FileOwnership ownership)
    {
        var target = Resolve(dataDirectory);
        if (File.Exists(target))
        {
            throw new DataDirectoryNotEmptyException(dataDirectory);
        }

        if (Path.GetDirectoryName(target) is not { Length: > 0 } parent)
        {
            throw new RestoreTargetInvalidException(dataDirectory, $"'{dataDirectory}' cannot be a data directory.", "Name a directory of its own, such as /var/lib/etcd.");
        }

        var isMountPoint = LinuxFileSystem.IsMountPoint(target);
        if (Directory.Exists(target))
        {
            // A fresh ext4 file system has lost+found; a killed restore into a mount point has left its stage there.
            var prefix = StagePrefix(target);
            if (Directory.EnumerateFileSystemEntries(target).Select(Path.GetFileName).Any(name =>
                !isMountPoint || !(string.Equals(name, "lost+found", StringComparison.Ordinal) || name!.StartsWith(prefix, StringComparison.Ordinal))))
            {
                throw new DataDirectoryNotEmptyException(dataDirectory);
            }

            ownership = ownership.Or(FileOwnership.Of(target));
        }

        Directory.CreateDirectory(parent);
        return new RestoreStage(files, target, isMountPoint, ownership);
    }

    /// <summary>Writes and syncs a small file of the member.</summary>
    public void WriteFile(string folder, string name, ReadOnlySpan<byte> bytes)
    {
        using var file = _files.CreateFile(Path.Combine(Member, folder, name));
        _files.Write(file, bytes, 0);
        _files.Sync(file);
    }

    /// <summary>Syncs all that was built and puts it in the target's place with one rename.</summary>
    public void Publish()
    {
        // Files first, then the folders that name them, from the inside out: a name must never be on disk before what it names.
        _files.Sync(Database);
        Database.Dispose();
        foreach (var path in Directory.EnumerateFileSystemEntries(Data, "*", SearchOption.AllDirectories).Append(Data))
        {
            _files.Own(path, _ownership);
        }

        foreach (var folder in new[] { SnapFolder, WalFolder, Member })
        {
            _files.SyncFolder(folder);
        }

        if (_isMountPoint)
        {
            _files.RenameFolder(Member, Path.Combine(_target, "member"));
        }
        else
        {
            if (!OperatingSystem.IsWindows() && _ownership.Mode is { } mode)
            {
                File.SetUnixFileMode(Data, mode);
            }

            _files.SyncFolder(Data);
            _files.RenameFolder(Data, _target);
        }

        _isPublished = true;
        _files.SyncFolder(_isMountPoint ? _target : Path.GetDirectoryName(_target)!);
    }

    /// <summary>Removes what is left under the temporary name: everything, where nothing was published.</summary>
    public void Dispose()
    {
        Database.Dispose();
        try
        {
            _files.DeleteFolder(_root);
        }
        catch (IOException) when (_isPublished)
        {
            // The restore is complete; an empty folder that cannot be removed now is removed by the next one.
        }
        finally
        {
            _lock.Dispose();
        }
    }

    // /data/etcd -> /data/.etcd.drps-1A2B3C4D
    private static string StagePrefix(string target) => $".{Path.GetFileName(target)}.drps-";

    private static string Resolve(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return Directory.Exists(full) ? Directory.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full : full;
    }

    private static void RemoveLeftovers(DurableFiles files, string parent, string prefix)
    {
        foreach (var folder in Directory.EnumerateDirectories(parent, prefix + "*"))
        {
            try
            {
                // The lock is held by the process that builds there; it ends with that process, however it dies.
                using (File.OpenHandle(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
                {
                    files.DeleteFolder(folder);
                }
            }
            catch (IOException)
            {
                // Another restore is at work there.
            }
            catch (UnauthorizedAccessException)
            {
                // Another user's; not ours to remove.
            }
        }
    }
}
