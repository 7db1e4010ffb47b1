using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Schedules;

/// <summary>The estate names no such schedule.</summary>
public sealed class ScheduleNotFoundException(string name, IReadOnlyCollection<string> known) : RecoveryException(
    FailureKind.NotFound,
    name,
    $"There is no schedule '{name}' in the estate{(known.Count == 0 ? "" : ": it names " + string.Join(", ", known))}.",
    "Check the name, or add it to schedules in the estate.");
