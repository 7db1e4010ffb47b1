using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DrPowerShell.Etcd.Files;

/// <summary>The few calls of Linux' C library that .NET does not offer: syncing folders, owners, labels, holes, shared extents.</summary>
internal static partial class LinuxFileSystem
{
    private const int NotPermitted = 1, NoEntry = 2, InvalidArgument = 22, NotImplemented = 38, NoData = 61, NotSupported = 95;
    private const int CurrentFolder = -100;
    private const int KeepSize = 1, PunchHole = 2;
    private const uint SyncWrite = 2;
    private const uint FileClone = 0x40049409;
    private const ulong MountRoot = 0x2000;
    private const string LabelAttribute = "security.selinux";

    public static bool IsHere { get; } = OperatingSystem.IsLinux();

    /// <summary>Syncs a folder, so that names made, renamed or removed in it survive a power cut.</summary>
    public static void SyncFolder(string path)
    {
        // Read only and close-on-exec: the flags that are the same on every architecture.
        var file = Open(path, 0x80000);
        if (file < 0)
        {
            throw Failed(path, "open the folder");
        }

        try
        {
            // A file system without folder sync answers EINVAL; it has nothing to sync then.
            if (Sync(file) != 0 && Marshal.GetLastPInvokeError() is not 22)
            {
                throw Failed(path, "sync the folder");
            }
        }
        finally
        {
            _ = Close(file);
        }
    }

    /// <summary>Starts writing a range back without waiting: the sync at the end then finds little left.</summary>
    public static void StartWriteback(SafeFileHandle file, long offset, long length) => _ = SyncFileRange(file, offset, length, SyncWrite);

    /// <summary>Makes <paramref name="target"/> share the source's extents; false where the file system cannot.</summary>
    public static bool TryClone(SafeFileHandle source, SafeFileHandle target) => Ioctl(target, FileClone, source) == 0;

    /// <summary>Gives a file a second name; false where the file system cannot.</summary>
    public static bool TryLink(string file, string name) => Link(file, name) == 0;

    /// <summary>Frees a range of a file; false where the file system cannot.</summary>
    public static bool TryPunchHole(SafeFileHandle file, long offset, long length) => Fallocate(file, PunchHole | KeepSize, offset, length) == 0;

    /// <summary>Renames, replacing an empty folder at the target.</summary>
    public static void Rename(string from, string to)
    {
        if (RenameFile(from, to) != 0)
        {
            throw Failed(to, "rename to");
        }
    }

    /// <summary>Renames to a name that is not taken, in one step; false where neither the file system nor the C library can.</summary>
    public static bool TryRenameExclusively(string from, string to)
    {
        const uint NoReplace = 1;
        try
        {
            if (RenameFile(CurrentFolder, from, CurrentFolder, to, NoReplace) == 0)
            {
                return true;
            }

            // NFS and some FUSE file systems know no flags; a hard link is as exclusive.
            if (Marshal.GetLastPInvokeError() is InvalidArgument or NotImplemented or NotSupported && Link(from, to) == 0)
            {
                File.Delete(from);
                return true;
            }
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }

        return Marshal.GetLastPInvokeError() is NotPermitted or InvalidArgument or NotImplemented or NotSupported ? false : throw Failed(to, "rename to");
    }

    /// <summary>A path with every symbolic link followed, null where something of it is missing.</summary>
    public static unsafe string? RealPath(string path)
    {
        var resolved = ResolvePath(path, null);
        try
        {
            return Marshal.PtrToStringUTF8((nint)resolved);
        }
        finally
        {
            NativeMemory.Free(resolved);
        }
    }

    /// <summary>The owner of a path, symbolic links followed.</summary>
    public static (uint User, uint Group)? OwnerOf(string path)
    {
        // struct statx is the same on every architecture: uid u32 at 20, gid u32 at 24 (include/uapi/linux/stat.h).
        Span<byte> buffer = stackalloc byte[256];
        return Statx(CurrentFolder, path, 0, 0x18, buffer) == 0
            ? (BinaryPrimitives.ReadUInt32LittleEndian(buffer[20..]), BinaryPrimitives.ReadUInt32LittleEndian(buffer[24..]))
            : null;
    }

    /// <summary>The owner of an open file, and whether it is a regular one.</summary>
    public static (uint User, bool IsRegular)? OwnerOf(SafeFileHandle file)
    {
        // struct statx: uid u32 at 20, mode u16 at 28. 0x1000 is AT_EMPTY_PATH, 0x9 STATX_TYPE and STATX_UID.
        Span<byte> buffer = stackalloc byte[256];
        return Statx((int)file.DangerousGetHandle(), "", 0x1000, 0x9, buffer) == 0
            ? (BinaryPrimitives.ReadUInt32LittleEndian(buffer[20..]), (BinaryPrimitives.ReadUInt16LittleEndian(buffer[28..]) & 0xF000) == 0x8000)
            : null;
    }

    /// <summary>The user that this process acts as.</summary>
    public static uint CurrentUser() => EffectiveUser();

    /// <summary>Whether an open file is still the one that a path names.</summary>
    public static bool IsAt(SafeFileHandle file, string path)
    {
        // struct statx: ino u64 at 32, device major and minor u32 at 136. 0x1000 is AT_EMPTY_PATH, 0x100 STATX_INO.
        Span<byte> open = stackalloc byte[256];
        Span<byte> named = stackalloc byte[256];
        return Statx((int)file.DangerousGetHandle(), "", 0x1000, 0x100, open) == 0
            && Statx(CurrentFolder, path, 0, 0x100, named) == 0
            && open.Slice(32, 8).SequenceEqual(named.Slice(32, 8))
            && open.Slice(136, 8).SequenceEqual(named.Slice(136, 8));
    }

    public static void SetOwner(string path, uint user, uint group)
    {
        if (ChangeOwner(path, user, group) != 0)
        {
            throw Failed(path, "change the owner of");
        }
    }

    /// <summary>The SELinux label of a path, null where there is none.</summary>
    public static byte[]? LabelOf(string path)
    {
        var buffer = new byte[1024];
        var length = GetAttribute(path, LabelAttribute, buffer, (nuint)buffer.Length);
        return length > 0 ? buffer[..(int)length] : null;
    }

    public static void SetLabel(string path, byte[] label)
    {
        if (SetAttribute(path, LabelAttribute, label, (nuint)label.Length, 0) != 0
            && Marshal.GetLastPInvokeError() is not (NoData or NotSupported or NoEntry))
        {
            throw Failed(path, "set the SELinux label of");
        }
    }

    /// <summary>The numeric id of a user, null where there is none of that name.</summary>
    public static unsafe uint? UserId(string name)
    {
        // struct passwd: name and password pointers, then uid and gid.
        var entry = GetUser(name);
        return entry == null ? null : *(uint*)(entry + (2 * sizeof(nint)));
    }

    /// <summary>The numeric id of a group, null where there is none of that name.</summary>
    public static unsafe uint? GroupId(string name)
    {
        var entry = GetGroup(name);
        return entry == null ? null : *(uint*)(entry + (2 * sizeof(nint)));
    }

    /// <summary>Whether a folder is a mount point: it can be neither renamed nor renamed over.</summary>
    public static bool IsMountPoint(string path)
    {
        // struct statx: attributes u64 at 8, which of them the kernel knows u64 at 56; the mount root's is known from Linux 5.8 on.
        Span<byte> buffer = stackalloc byte[256];
        if (IsHere && Statx(CurrentFolder, path, 0, 0, buffer) == 0 && (BinaryPrimitives.ReadUInt64LittleEndian(buffer[56..]) & MountRoot) != 0)
        {
            return (BinaryPrimitives.ReadUInt64LittleEndian(buffer[8..]) & MountRoot) != 0;
        }

        // Field 5 of a line is the mount point, with \040 for a space (proc_pid_mountinfo(5)).
        var wanted = path.Replace("\\", "\\134", StringComparison.Ordinal).Replace(" ", "\\040", StringComparison.Ordinal).TrimEnd('/');
        return IsHere && File.ReadLines("/proc/self/mountinfo").Any(line => line.Split(' ') is { Length: > 4 } fields && string.Equals(fields[4], wanted, StringComparison.Ordinal));
    }

    /// <summary>Whether a folder that is there can be renamed over: its parent can be written. True where nothing is there, and elsewhere than on Linux.</summary>
    public static bool MayReplace(string path)
    {
        const int WriteAndEnter = 3;
        return !IsHere || !Directory.Exists(path) || Path.GetDirectoryName(path) is not { Length: > 0 } parent || Access(parent, WriteAndEnter) == 0;
    }

    /// <summary>Whether a path is something that is opened at once and read at any offset: not a pipe, a socket or a terminal.</summary>
    public static bool IsRegularFile(string path)
    {
        // struct statx: mode u16 at 28.
        Span<byte> buffer = stackalloc byte[256];
        return !IsHere || Statx(CurrentFolder, path, 0, 1, buffer) != 0 || (BinaryPrimitives.ReadUInt16LittleEndian(buffer[28..]) & 0xF000) == 0x8000;
    }

    private static IOException Failed(string path, string act) =>
        new($"Could not {act} '{path}': {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}", Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sync(int file);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SyncFileRange(SafeFileHandle file, long offset, long length, uint flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Ioctl(SafeFileHandle file, nuint request, SafeFileHandle source);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Fallocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RenameFile(string from, string to);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RenameFile(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial byte* ResolvePath(string path, byte* resolved);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> buffer);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "lgetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint GetAttribute(string path, string name, byte[] value, nuint size);

    [LibraryImport("libc", EntryPoint = "lsetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetAttribute(string path, string name, byte[] value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "getpwnam", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial byte* GetUser(string name);

    [LibraryImport("libc", EntryPoint = "getgrnam", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial byte* GetGroup(string name);
}
