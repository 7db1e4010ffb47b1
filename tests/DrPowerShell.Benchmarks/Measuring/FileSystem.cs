using System.Runtime.InteropServices;

namespace DrPowerShell.Benchmarks.Measuring;

/// <summary>What is done to the disk between two measurements, outside of the measured time.</summary>
internal static class FileSystem
{
    /// <summary>Waits until everything that was written is on the disk, so that no one pays for what another one wrote.</summary>
    public static void Settle() => Sync();

    /// <summary>Reads a file to its end, so that it comes from memory for both sides.</summary>
    public static void Warm(string path)
    {
        using var file = File.OpenHandle(path);
        var buffer = new byte[1 << 20];
        for (long at = 0; ;)
        {
            var read = RandomAccess.Read(file, buffer, at);
            if (read == 0)
            {
                return;
            }

            at += read;
        }
    }

    /// <summary>Removes a target, and those of single members beside it.</summary>
    public static void Remove(string target)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(target)!, Path.GetFileName(target) + "*"))
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
            else
            {
                File.Delete(path);
            }
        }
    }

    [DllImport("libc", EntryPoint = "sync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void Sync();
}
