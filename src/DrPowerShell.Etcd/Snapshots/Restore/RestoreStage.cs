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
    private readonly bool _buildsInside;
    private readonly FileOwnership _ownership;
    private readonly List<string> _parents = [];
    private SafeFileHandle? _lock;
    private SafeFileHandle? _database;

    private RestoreStage(DurableFiles files, string dataDirectory, string target, bool buildsInside, FileOwnership ownership)
    {
        _files = files;
        DataDirectory = dataDirectory;
        _target = target;
        _buildsInside = buildsInside;
        _ownership = ownership;
        _root = Path.Combine(Parent, StagePrefix(target) + Convert.ToHexString(RandomNumberGenerator.GetBytes(4)));
    }

    public SafeFileHandle Database => _database ?? throw new InvalidOperationException("The stage was not begun.");

    /// <summary>The target as the user named it.</summary>
    public string DataDirectory { get; }

    private string Parent => _buildsInside ? _target : Path.GetDirectoryName(_target)!;

    private string Data => Path.Combine(_root, "data");

    private string Member => Path.Combine(Data, "member");

    private string SnapFolder => Path.Combine(Member, "snap");

    private string DatabasePath => Path.Combine(SnapFolder, "db");

    private string WalFolder => Path.Combine(Member, "wal");

    /// <summary>Checks the target and begins beside it.</summary>
    /// <exception cref="DataDirectoryNotEmptyException">Something is in the target.</exception>
    public static RestoreStage Begin(DurableFiles files, string dataDirectory, FileOwnership ownership)
    {
        var target = Resolve(dataDirectory);
        if (Path.GetDirectoryName(target) is not { Length: > 0 } || new FileInfo(target).LinkTarget is not null)
        {
            throw new RestoreTargetInvalidException(dataDirectory, $"'{dataDirectory}' cannot be a data directory.", "Name a directory of its own, such as /var/lib/etcd.");
        }

        if (File.Exists(target))
        {
            throw new DataDirectoryNotEmptyException(dataDirectory);
        }

        // A mount point cannot be renamed over; nor can a directory whose parent this user may not write, such as the etcd user's /var/lib/etcd.
        var buildsInside = LinuxFileSystem.IsMountPoint(target) || !LinuxFileSystem.MayReplace(target);
        if (Directory.Exists(target))
        {
            // A fresh ext4 file system has lost+found; a killed restore that built inside has left its stage there.
            var prefix = StagePrefix(target);
            if (Directory.EnumerateFileSystemEntries(target).Select(Path.GetFileName).Any(name =>
                !buildsInside || !(string.Equals(name, "lost+found", StringComparison.Ordinal) || name!.StartsWith(prefix, StringComparison.Ordinal))))
            {
                throw new DataDirectoryNotEmptyException(dataDirectory);
            }

            ownership = ownership.Or(FileOwnership.Of(target));
        }

        var stage = new RestoreStage(files, dataDirectory, target, buildsInside, ownership);
        try
        {
            stage.Build();
            return stage;
        }
        catch
        {
            stage.Dispose();
            throw;
        }
    }

    /// <summary>Makes the database, empty as yet, another name for another stage's; false where the file system cannot.</summary>
    public bool TryLinkDatabase(RestoreStage other)
    {
        Database.Dispose();
        _files.DeleteFile(DatabasePath);
        if (_files.TryLink(other.DatabasePath, DatabasePath))
        {
            _database = null;
            return true;
        }

        _database = _files.CreateFile(DatabasePath);
        return false;
    }

    /// <summary>Writes and syncs a small file of the member.</summary>
    public void WriteFile(string folder, string name, ReadOnlySpan<byte> bytes)
    {
        using var file = _files.CreateFile(Path.Combine(Member, folder, name));
        _files.Write(file, bytes, 0);
        _files.Own(Path.Combine(Member, folder, name), _ownership);
        _files.Sync(file);
    }

    /// <summary>Syncs all that was built and puts it in the target's place with one rename.</summary>
    public void Publish()
    {
        // Owners before the syncs, so that they are on disk too. Files first, then the folders that name them, from the inside out: a name
        // must never be on disk before what it names.
        _files.Own(DatabasePath, _ownership);
        if (_database is not null)
        {
            _files.Sync(_database);
            _database.Dispose();
        }

        foreach (var folder in new[] { SnapFolder, WalFolder, Member })
        {
            _files.Own(folder, _ownership);
            _files.SyncFolder(folder);
        }

        if (_buildsInside)
        {
            // etcd writes into the data directory itself too: an owner that was asked for must be able to.
            OwnDataDirectory(_target);
            Rename(Member, Path.Combine(_target, "member"));
        }
        else
        {
            OwnDataDirectory(Data);
            _files.SyncFolder(Data);
            Rename(Data, _target);
        }

        try
        {
            _files.SyncFolder(Parent);
        }
        catch (IOException e)
        {
            throw new TargetWriteFailedException(
                DataDirectory, $"it is there and complete, but a power cut could still undo it, as its folder could not be synced: {e.Message}", e);
        }
    }

    /// <summary>Removes what is left under the temporary name: everything, where nothing was published.</summary>
    public void Dispose()
    {
        _database?.Dispose();
        Try(() => _files.DeleteFolder(_root));
        _lock?.Dispose();
        foreach (var parent in Enumerable.Reverse(_parents))
        {
            // Only where it is empty, so that a published target keeps it.
            Try(() => _files.DeleteEmptyFolder(parent));
        }

        // Whatever brought us here is the error to tell; a folder that cannot be removed now is removed by the next restore.
        static void Try(Action remove)
        {
            try
            {
                remove();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return;
            }
        }
    }

    /// <summary>The path of a target with every symbolic link followed, so that one directory has one name, whatever is missing of it yet.</summary>
    internal static string Resolve(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var there = full;
        while (!Directory.Exists(there) && Path.GetDirectoryName(there) is { Length: > 0 } up)
        {
            there = up;
        }

        var real = LinuxFileSystem.IsHere
            ? LinuxFileSystem.RealPath(there) ?? there
            : Directory.ResolveLinkTarget(there, returnFinalTarget: true)?.FullName ?? there;
        return Path.Combine(real, full[there.Length..].TrimStart(Path.DirectorySeparatorChar));
    }

    private void Build()
    {
        CreateParents();
        RemoveLeftovers(_files, Parent, StagePrefix(_target));
        _files.CreateFolder(_root);
        _lock = _files.CreateFile(Path.Combine(_root, "lock"));
        foreach (var folder in new[] { Data, Member, SnapFolder, WalFolder })
        {
            _files.CreateFolder(folder);
        }

        _database = _files.CreateFile(DatabasePath);
    }

    // Each is on disk before anything is put into it, and goes again where nothing is.
    private void CreateParents()
    {
        var missing = new Stack<string>();
        for (var folder = Parent; !Directory.Exists(folder); folder = Path.GetDirectoryName(folder)!)
        {
            missing.Push(folder);
        }

        foreach (var folder in missing)
        {
            _files.CreateParentFolder(folder);
            _parents.Add(folder);
            _files.SyncFolder(Path.GetDirectoryName(folder)!);
        }
    }

    // Another restore, or an etcd, may have filled the target since it was found empty: the rename replaces nothing then.
    private void Rename(string from, string to)
    {
        const int Exists = 17, NotEmpty = 39;
        try
        {
            _files.RenameFolder(from, to);
        }
        catch (IOException e) when (LinuxFileSystem.IsHere && e.HResult is Exists or NotEmpty)
        {
            throw new DataDirectoryNotEmptyException(DataDirectory);
        }
    }

    private void OwnDataDirectory(string folder)
    {
        _files.Own(folder, _ownership);
        if (_ownership.Mode is { } mode)
        {
            _files.SetMode(folder, mode);
        }
    }

    // /data/etcd -> /data/.etcd.drps-1A2B3C4D
    private static string StagePrefix(string target) => $".{Path.GetFileName(target)}.drps-";

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
