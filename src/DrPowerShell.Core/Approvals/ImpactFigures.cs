using System.Globalization;
using System.Text.Json.Serialization;
using DrPowerShell.Core.Restores.Impact;

namespace DrPowerShell.Core.Approvals;

/// <summary>What a plan destroys, as far as it was measured; as limits, what may be destroyed.</summary>
public sealed record ImpactFigures
{
    /// <summary>Keys that vanish; null where it could not be measured, as a limit for any number.</summary>
    public long? KeysLost { get; init; }

    /// <summary>Keys that go back to an older content; null as for <see cref="KeysLost"/>.</summary>
    public long? KeysReverted { get; init; }

    /// <summary>What is lost, as a time: the measured loss, else the snapshot's age; null as for <see cref="KeysLost"/>.</summary>
    public TimeSpan? Loss { get; init; }

    /// <summary>Whether <see cref="Loss"/> is but the snapshot's age, which grows until the plan runs.</summary>
    [JsonIgnore]
    public bool IsLossByAge { get; init; }

    /// <summary>The main revision of what is restored; as a limit the lowest one.</summary>
    public long? SourceRevision { get; init; }

    public static ImpactFigures Of(RestoreImpact impact) => new()
    {
        KeysLost = impact.KeysLost,
        KeysReverted = impact.KeysReverted,
        Loss = impact.MeasuredLoss ?? impact.LossAtMost,
        IsLossByAge = impact.MeasuredLoss is null,
        SourceRevision = impact.SnapshotRevision == 0 ? null : impact.SnapshotRevision,
    };

    /// <summary>Which figures go beyond a limit, each as a clause; what has a limit and could not be measured does.</summary>
    public IReadOnlyList<string> Beyond(ImpactFigures limits)
    {
        var beyond = new List<string>();
        Compare("keys lost", KeysLost, limits.KeysLost, (now, limit) => now > limit);
        Compare("keys reverted", KeysReverted, limits.KeysReverted, (now, limit) => now > limit);
        Compare("lost time", Loss, limits.Loss, (now, limit) => now > limit);
        Compare("source revision", SourceRevision, limits.SourceRevision, (now, limit) => now < limit);
        return beyond;

        void Compare<T>(string what, T? now, T? limit, Func<T, T, bool> exceeds)
            where T : struct
        {
            if (limit is { } most && (now is not { } measured || exceeds(measured, most)))
            {
                beyond.Add($"{what}: {(now is { } value ? Show(value) : "not measurable")}, approved {Show(most)}");
            }
        }
    }

    public override string ToString() => string.Join(", ", new[]
    {
        KeysLost is { } lost ? Show(lost) + " keys lost" : "keys lost not known",
        KeysReverted is { } reverted ? Show(reverted) + " reverted" : "reverted not known",
        Loss is { } loss ? "loss " + Show(loss) : "loss not known",
    });

    private static string Show<T>(T value) => value switch
    {
        TimeSpan span => span.ToString(span.TotalDays >= 1 ? @"d\d\ hh\:mm\:ss" : @"hh\:mm\:ss", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString("N0", CultureInfo.InvariantCulture),
        _ => $"{value}",
    };
}
