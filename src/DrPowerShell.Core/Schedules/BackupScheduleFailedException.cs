using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Schedules;

/// <summary>A run of a schedule fell short; everything that could be done was done.</summary>
public sealed class BackupScheduleFailedException(ScheduleRunResult result) : RecoveryException(
    FailureKind.InvalidState,
    result.Schedule,
    $"The schedule '{result.Schedule}' fell short: {string.Join(" ", result.Problems)}",
    "Run Invoke-BackupSchedule with -Verbose for what was done, and Test-SnapshotRepository for what is there.")
{
    public ScheduleRunResult Result { get; } = result;
}
