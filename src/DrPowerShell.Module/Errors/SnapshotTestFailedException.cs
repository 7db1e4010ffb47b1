using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>A test found what -FailOn names, or could not be carried out.</summary>
public sealed class SnapshotTestFailedException(string path, string reason)
    : RecoveryException(
        FailureKind.InvalidData,
        path,
        $"'{path}' did not pass: {reason}",
        "Look at the Findings of the results, and use another snapshot where IsValid is false.");
