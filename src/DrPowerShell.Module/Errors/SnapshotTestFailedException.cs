using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Module.Errors;

/// <summary>A test found what -FailOn names.</summary>
public sealed class SnapshotTestFailedException(SnapshotTestResult result, FindingSeverity severity)
    : RecoveryException(
        FailureKind.InvalidData,
        result.Path,
        $"'{result.Path}' did not pass: {result.Findings.First(f => f.Severity >= severity).Text}",
        "Look at the Findings of the results, and use another snapshot where IsValid is false.");
