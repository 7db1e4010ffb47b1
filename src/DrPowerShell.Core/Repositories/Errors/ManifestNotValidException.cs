using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Repositories.Errors;

/// <summary>A manifest is no manifest, or of a newer version.</summary>
public sealed class ManifestNotValidException(string name, Uri store, string reason, Exception? inner = null) : RecoveryException(
    FailureKind.InvalidData,
    name,
    $"The manifest '{name}' in {store} cannot be read: {reason}",
    "Look at the object; if it was damaged, copy the backup again from another repository.", inner);
