using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>There is no room for a plain snapshot, which is needed to verify it.</summary>
public sealed class SpoolRoomMissingException(string folder, long needed, string reason) : RecoveryException(
    FailureKind.DiskFull,
    folder,
    $"The snapshot of {needed:N0} bytes cannot be spooled in '{folder}': {reason}",
    "Name a folder with room (-SpoolDirectory). A backup can do without with -NoSpool: it is then verified to level Digest, or with -Level Full by reading the stored object back.");
