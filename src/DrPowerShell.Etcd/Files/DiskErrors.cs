using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Snapshots.Restore;

namespace DrPowerShell.Etcd.Files;

/// <summary>Tells a full disk from other failures to write.</summary>
public static class DiskErrors
{
    private const int NoSpace = 28, QuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070), WindowsHandleDiskFull = unchecked((int)0x80070027);

    /// <summary>Whether a failure to write means that the disk, or the user's share of it, is full.</summary>
    public static bool IsDiskFull(Exception error) => error is IOException { HResult: NoSpace or QuotaExceeded or WindowsDiskFull or WindowsHandleDiskFull };

    /// <summary>The typed error of a failure to write.</summary>
    public static RecoveryException Typed(string path, long needed, Exception error) =>
        IsDiskFull(error) ? new TargetDiskFullException(path, needed, error) : new TargetWriteFailedException(path, error.Message, error);
}
