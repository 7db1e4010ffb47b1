using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Notifications;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Retention;
using DrPowerShell.Core.Schedules;

namespace DrPowerShell.Core.Configuration;

/// <summary>The estate, read and checked: what the names in a command stand for. References to secrets are resolved where something is opened.</summary>
public sealed record Estate
{
    /// <summary>The file it was read from.</summary>
    public required string Path { get; init; }

    /// <summary>The clusters by name, as they are written; secrets are references.</summary>
    public IReadOnlyDictionary<string, ClusterSection> Clusters { get; init; } = new Dictionary<string, ClusterSection>(StringComparer.Ordinal);

    /// <summary>The repositories by name, as they are written; secrets are references.</summary>
    public IReadOnlyDictionary<string, RepositorySection> Repositories { get; init; } = new Dictionary<string, RepositorySection>(StringComparer.Ordinal);

    /// <summary>The machines by name.</summary>
    public IReadOnlyDictionary<string, HostSection> Hosts { get; init; } = new Dictionary<string, HostSection>(StringComparer.Ordinal);

    /// <summary>Encryption recipients by name.</summary>
    public IReadOnlyDictionary<string, string> Recipients { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, BackupSchedule> Schedules { get; init; } = new Dictionary<string, BackupSchedule>(StringComparer.Ordinal);

    /// <summary>The retention rules by name.</summary>
    public IReadOnlyDictionary<string, RetentionPolicy> Retention { get; init; } = new Dictionary<string, RetentionPolicy>(StringComparer.Ordinal);

    /// <summary>Whose signatures are believed where a repository does not say it itself: paths of PEM files.</summary>
    public IReadOnlyList<string> Trust { get; init; } = [];

    /// <summary>Who is told of runs, by name, as they are written; secrets are references.</summary>
    public IReadOnlyDictionary<string, NotifierSection> Notifiers { get; init; } = new Dictionary<string, NotifierSection>(StringComparer.Ordinal);

    /// <summary>The notifiers of every cluster that names none itself.</summary>
    public IReadOnlyList<string> Notify { get; init; } = [];

    public IReadOnlyList<string> ClusterNames => [.. Clusters.Keys];

    public IReadOnlyList<string> RepositoryNames => [.. Repositories.Keys];

    /// <summary>How to reach a cluster.</summary>
    /// <exception cref="ClusterNotFoundException">The estate names no such cluster.</exception>
    public EtcdConnectionOptions Cluster(string name, ISecretSource secrets) => Clusters.TryGetValue(name, out var section)
        ? ClusterAccess.Resolve(name, section, secrets)
        : throw new ClusterNotFoundException(name, [.. Clusters.Keys]);

    /// <summary>A repository with all that opens it. Reads its secrets, the signing key and the trusted keys.</summary>
    /// <exception cref="RepositoryNotFoundException">The estate names no such repository.</exception>
    public RepositoryOptions Repository(string name, ISecretSource secrets) => RepositoryAccess.Resolve(this, name, Section(name), secrets);

    /// <summary>How to get into a machine. Reads its secrets.</summary>
    /// <exception cref="HostNotFoundException">The estate names no such host.</exception>
    public HostOptions Host(string name, ISecretSource secrets) =>
        Hosts.TryGetValue(name, out var section) ? RepositoryAccess.Host(name, section, secrets) : throw new HostNotFoundException(name, [.. Hosts.Keys]);

    /// <summary>Who is told of what is done to a cluster. Reads their secrets; one that cannot be used says so when it is told something.</summary>
    /// <param name="cluster">The estate's name for it.</param>
    /// <param name="secrets">Reads their secrets.</param>
    /// <param name="only">Only those who asked for this; null for all.</param>
    public IReadOnlyList<INotifier> NotifiersOf(string cluster, ISecretSource secrets, NoticeEvent? only = null) =>
    [
        .. (Clusters.GetValueOrDefault(cluster)?.Notify ?? Notify).Distinct(StringComparer.Ordinal)
            .Where(name => Notifiers.TryGetValue(name, out var section) && (only is null || section.Events.Count == 0 || section.Events.Contains(only.Value)))
            .Select(name => NotifierFactory.Open(name, Notifiers[name], secrets)),
    ];

    /// <summary>What opens a repository's encrypted backups, as far as the estate refers to it.</summary>
    /// <exception cref="RepositoryNotFoundException">The estate names no such repository.</exception>
    public DecryptionKeys DecryptionKeys(string repository, ISecretSource secrets) => RepositoryAccess.Keys(Section(repository).Encrypt, secrets);

    /// <summary>What the estate says of a repository; no secret is read.</summary>
    /// <exception cref="RepositoryNotFoundException">The estate names no such repository.</exception>
    public SnapshotRepositoryInfo Describe(string repository) => RepositoryAccess.Describe(this, repository, Section(repository));

    /// <summary>A schedule.</summary>
    /// <exception cref="ScheduleNotFoundException">The estate names no such schedule.</exception>
    public BackupSchedule Schedule(string name) => Schedules.TryGetValue(name, out var schedule) ? schedule : throw new ScheduleNotFoundException(name, [.. Schedules.Keys]);

    public override string ToString() => Path;

    private RepositorySection Section(string name) =>
        Repositories.TryGetValue(name, out var section) ? section : throw new RepositoryNotFoundException(name, [.. Repositories.Keys]);
}
