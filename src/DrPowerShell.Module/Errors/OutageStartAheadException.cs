using System.Globalization;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>The outage is said to begin in the future: loss and RTO would come out too small.</summary>
public sealed class OutageStartAheadException(DateTimeOffset start, DateTimeOffset now) : RecoveryException(
    FailureKind.InvalidInput,
    start,
    string.Create(CultureInfo.InvariantCulture, $"-OutageStart is {start.UtcDateTime:u}, and it is {now.UtcDateTime:u} now."),
    "Give the zone with the time, such as 2026-11-22T14:05:00Z or 2026-11-22T14:05:00+01:00; without one it is this machine's local time.")
{
    // Clocks of two machines differ.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    /// <summary>Refuses a start that has not come yet.</summary>
    /// <exception cref="OutageStartAheadException">It is more than a minute ahead.</exception>
    internal static void Check(DateTimeOffset? start, TimeProvider time)
    {
        var now = time.GetUtcNow();
        if (start > now + Tolerance)
        {
            throw new OutageStartAheadException(start.Value, now);
        }
    }
}
