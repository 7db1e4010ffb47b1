using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Schedules;

/// <summary>A schedule cannot be told to what is to run it.</summary>
public sealed class ScheduleNotExpressibleException(string schedule, ScheduleTarget target, string reason) : RecoveryException(
    FailureKind.Refused,
    schedule,
    $"The schedule '{schedule}' cannot be written for {target}: {reason}",
    "Choose another expression or time zone in the estate, or another -As.")
{
    public ScheduleTarget Target { get; } = target;
}
