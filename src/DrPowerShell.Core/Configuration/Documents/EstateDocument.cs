namespace DrPowerShell.Core.Configuration.Documents;

/// <summary>An estate file as it is written.</summary>
public sealed record EstateDocument
{
    [EstateKey("The etcd clusters, by name. -Cluster NAME takes one of them.")]
    public IReadOnlyDictionary<string, ClusterSection> Clusters { get; init; } = new Dictionary<string, ClusterSection>(StringComparer.Ordinal);

    [EstateKey("The repositories that backups are stored in, by name. -Repository NAME takes one of them.")]
    public IReadOnlyDictionary<string, RepositorySection> Repositories { get; init; } = new Dictionary<string, RepositorySection>(StringComparer.Ordinal);

    [EstateKey("The machines that members run on, by name, and how to get in.")]
    public IReadOnlyDictionary<string, HostSection> Hosts { get; init; } = new Dictionary<string, HostSection>(StringComparer.Ordinal);

    [EstateKey("Encryption recipients (age1…) by name, so that repositories can name them.", Format = EstateFormat.Recipient)]
    public IReadOnlyDictionary<string, string> Recipients { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    [EstateKey("Rules for what stays, by name.")]
    public IReadOnlyDictionary<string, RetentionSection> Retention { get; init; } = new Dictionary<string, RetentionSection>(StringComparer.Ordinal);

    [EstateKey("What Invoke-BackupSchedule does, by name.")]
    public IReadOnlyDictionary<string, ScheduleSection> Schedules { get; init; } = new Dictionary<string, ScheduleSection>(StringComparer.Ordinal);

    [EstateKey("Who is told of runs, by name: break glass, begin and end, what needs a person.")]
    public IReadOnlyDictionary<string, NotifierSection> Notifiers { get; init; } = new Dictionary<string, NotifierSection>(StringComparer.Ordinal);

    [EstateKey("The notifiers of every cluster that names none itself: names from notifiers.", NamesOf = "notifiers")]
    public IReadOnlyList<string> Notify { get; init; } = [];

    [EstateKey("PEM files with the public keys or certificates whose signatures are believed, for every repository that names none itself. "
        + "Where any is named, restores refuse what none of them signed.", Format = EstateFormat.File)]
    public IReadOnlyList<string> Trust { get; init; } = [];
}
