using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A level was asked for that needs a plain snapshot on a disk, and none would be there.</summary>
public sealed class SpoolNeededException(string level) : RecoveryException(
    FailureKind.InvalidInput,
    level,
    $"Level {level} cannot be reached with -NoSpool: etcd starts from files on a disk.",
    "Leave out -NoSpool, or ask for -Level Full: it reads the stored object back.");
