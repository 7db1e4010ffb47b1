using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A compressed stream is damaged or cut short.</summary>
public sealed class CompressedDataDamagedException(string name, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.InvalidData,
    name,
    $"'{name}' is damaged: {reason}",
    "Nothing of it was used. Take another copy of this backup.", inner);
