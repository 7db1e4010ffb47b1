using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A compression level is out of range.</summary>
public sealed class CompressionLevelNotValidException(int level, int least, int most) : RecoveryException(
    FailureKind.InvalidInput,
    level,
    $"{level} is no compression level: {least} to {most} are.",
    "Leave the level away for 3; higher levels take much longer and little less space.");
