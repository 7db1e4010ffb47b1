using Microsoft.Win32.SafeHandles;

namespace DrPowerShell.Etcd.Files;

/// <summary>What kind of thing a path or an open file is, whose it is and who may do what to it.</summary>
/// <param name="IsRegularFile">Neither a folder nor a pipe, a socket or a device. True where that cannot be told.</param>
/// <param name="Owner">The owner's numeric id; null where it cannot be told.</param>
/// <param name="Mode">The permission bits; none on Windows.</param>
public sealed record FileFacts(bool IsRegularFile, uint? Owner, UnixFileMode Mode)
{
    /// <summary>The user that this process acts as; null where it cannot be told.</summary>
    public static uint? CurrentUser => LinuxFileSystem.IsHere ? LinuxFileSystem.CurrentUser() : null;

    /// <summary>The facts of a path, symbolic links followed.</summary>
    public static FileFacts Of(string path) => new(
        !Directory.Exists(path) && LinuxFileSystem.IsRegularFile(path),
        LinuxFileSystem.IsHere ? LinuxFileSystem.OwnerOf(path)?.User : null,
        OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path));

    /// <summary>The facts of an open file.</summary>
    public static FileFacts Of(SafeFileHandle file)
    {
        var owner = LinuxFileSystem.IsHere ? LinuxFileSystem.OwnerOf(file) : null;
        return new(owner?.IsRegular ?? true, owner?.User, OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(file));
    }

    /// <summary>A path with every symbolic link followed; null where something of it is missing.</summary>
    public static string? RealPath(string path) => LinuxFileSystem.IsHere ? LinuxFileSystem.RealPath(path) : Path.GetFullPath(path);
}
