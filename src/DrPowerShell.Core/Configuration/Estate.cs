using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Retention;
using DrPowerShell.Core.Schedules;

namespace DrPowerShell.Core.Configuration;

/// <summary>The estate, read and checked: what the names in a command stand for. References to secrets are resolved where something is opened.</summary>
public sealed record Estate
{
    /// <summary>The file it was read from.</summary>
    public required string Path { get; init; }

    public IReadOnlyList<string> ClusterNames { get; init; } = [];

    public IReadOnlyList<string> RepositoryNames { get; init; } = [];

    public IReadOnlyDictionary<string, BackupSchedule> Schedules { get; init; } = new Dictionary<string, BackupSchedule>(StringComparer.Ordinal);

    /// <summary>The retention rules by name.</summary>
    public IReadOnlyDictionary<string, RetentionPolicy> Retention { get; init; } = new Dictionary<string, RetentionPolicy>(StringComparer.Ordinal);
}
