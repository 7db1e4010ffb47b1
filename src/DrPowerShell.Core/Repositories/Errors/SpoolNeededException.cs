using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A level was asked for that needs a plain snapshot, and none would be anywhere.</summary>
public sealed class SpoolNeededException(string level) : RecoveryException(
    FailureKind.InvalidInput,
    level,
    $"Level {level} cannot be reached with -NoSpool: what is stored is compressed or encrypted, and cannot be read back in place.",
    "Leave out -NoSpool, ask for -Level Digest, or store plain snapshots (compression 0, no recipients).");
