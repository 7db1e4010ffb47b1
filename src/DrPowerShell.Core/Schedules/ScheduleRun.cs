using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Schedules;

/// <summary>What a run of a schedule works with: its secrets are read, nothing is open.</summary>
public sealed record ScheduleRun
{
    public required BackupSchedule Schedule { get; init; }

    /// <summary>Connects to the cluster; what it throws is one of the run's problems.</summary>
    public required Func<CancellationToken, Task<IEtcdCluster>> OpenCluster { get; init; }

    /// <summary>The repository that the backup is streamed to.</summary>
    public required ScheduleRepository Repository { get; init; }

    /// <summary>The repositories that it is copied to.</summary>
    public IReadOnlyList<ScheduleRepository> CopyTo { get; init; } = [];

    /// <summary>How long to wait for another run of the same schedule.</summary>
    public TimeSpan Patience { get; init; }

    /// <summary>Opens a repository.</summary>
    public Func<RepositoryOptions, CancellationToken, Task<SnapshotRepository>> OpenRepository { get; init; } = SnapshotRepository.OpenAsync;
}

/// <summary>A repository of a run, or why it cannot be used: the others have their turn all the same.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Options">How to open it; null where that could not be told.</param>
/// <param name="Failure">Why not.</param>
public sealed record ScheduleRepository(string Name, RepositoryOptions? Options, RecoveryException? Failure = null)
{
    /// <summary>What opens its encrypted backups; none where this machine shall not.</summary>
    public DecryptionKeys Keys { get; init; } = DecryptionKeys.None;
}
