using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Retention;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Schedules;

/// <summary>A schedule of the estate, resolved: what is backed up, where to, when, and what else the run does.</summary>
public sealed record BackupSchedule
{
    public required string Name { get; init; }

    /// <summary>The estate's name of the cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>The repository that the backup is streamed to.</summary>
    public required string Repository { get; init; }

    /// <summary>The repositories that it is copied to afterwards.</summary>
    public IReadOnlyList<string> CopyTo { get; init; } = [];

    /// <summary>A cron expression of 5 fields; words such as daily are resolved.</summary>
    public required string Expression { get; init; }

    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    public VerificationLevel Level { get; init; } = VerificationLevel.Full;

    /// <summary>Files beside etcd that go with each backup.</summary>
    public IReadOnlyList<string> IncludeFiles { get; init; } = [];

    /// <summary>Where the snapshot is spooled and verified before it is published; null to choose by the room there is.</summary>
    public string? SpoolDirectory { get; init; }

    /// <summary>Applied to every repository after the backup; null to remove nothing.</summary>
    public RetentionPolicy? Retention { get; init; }

    /// <summary>What every run checks afterwards.</summary>
    public RepositoryExpectations Expectations { get; init; } = new();
}
