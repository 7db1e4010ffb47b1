using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Core.Repositories;

/// <summary>A folder for plain snapshots on their way, for this user alone; it goes with everything in it on dispose.</summary>
/// <remarks>A plain snapshot holds every secret of a cluster: the folder is made 0700 under a name that cannot be guessed.</remarks>
internal sealed class SnapshotSpool : IDisposable
{
    private const long Margin = 64L << 20;
    private const string Prefix = "drpowershell-spool-";
    private const string LockName = "in-use";

    // Held as long as this process lives: a spool whose lock can be had is nobody's any more.
    private readonly FileStream _lock;

    private SnapshotSpool(string folder, FileStream held) => (Folder, _lock) = (folder, held);

    public string Folder { get; }

    /// <summary>Makes a spool in a folder that was asked for, or in the machine's folder for temporary files.</summary>
    /// <param name="parent">An existing folder; null for the machine's own.</param>
    /// <param name="needed">How many bytes will be put there.</param>
    /// <exception cref="SpoolRoomMissingException">It has less room.</exception>
    public static SnapshotSpool Create(string? parent, long needed)
    {
        var at = parent ?? Path.GetTempPath();
        if (parent is not null && !Directory.Exists(parent))
        {
            throw new SpoolRoomMissingException(parent, needed, "it does not exist.");
        }

        if (RoomIn(at) < needed + Margin)
        {
            throw new SpoolRoomMissingException(at, needed, $"{RoomIn(at):N0} bytes are free there.");
        }

        RemoveLeftovers(at);
        var folder = Path.Combine(at, Prefix + System.Security.Cryptography.RandomNumberGenerator.GetHexString(16, lowercase: true));
        try
        {
            DurableFiles.System.CreateFolder(folder);
            return new(folder, new FileStream(Path.Combine(folder, LockName), FileMode.CreateNew, FileAccess.Write, FileShare.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DiskErrors.Typed(folder, needed, e);
        }
    }

    /// <summary>Whether the folder that a spool would be made in has room for so much.</summary>
    public static bool HasRoom(string? parent, long needed) => RoomIn(parent ?? Path.GetTempPath()) >= needed + Margin;

    /// <summary>The path of a file in it.</summary>
    public string this[string name] => Path.Combine(Folder, name);

    public void Dispose()
    {
        _lock.Dispose();
        Remove(Folder);
    }

    // A process that was killed could not take its plain snapshot away.
    private static void RemoveLeftovers(string parent)
    {
        foreach (var folder in Directory.EnumerateDirectories(parent, Prefix + "*", new EnumerationOptions { IgnoreInaccessible = true }))
        {
            try
            {
                using (File.Open(Path.Combine(folder, LockName), FileMode.Open, FileAccess.Write, FileShare.None))
                {
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue; // in use, somebody else's, or just being made
            }

            Remove(folder);
        }
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next spool tries again; until then the folder is closed to others.
        }
    }

    private static long RoomIn(string folder)
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return 0;
        }
    }
}
