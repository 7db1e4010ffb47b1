using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Schedules;

/// <summary>A text is neither a cron expression nor a word for one.</summary>
public sealed class ScheduleExpressionNotValidException(string expression, string reason) : RecoveryException(
    FailureKind.InvalidInput,
    expression,
    $"'{expression}' is no schedule: {reason}",
    "Write a cron expression such as '0 2 * * *', or hourly, daily, weekly or monthly.");
