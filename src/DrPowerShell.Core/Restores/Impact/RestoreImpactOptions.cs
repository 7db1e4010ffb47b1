namespace DrPowerShell.Core.Restores.Impact;

/// <summary>How an impact is measured.</summary>
public sealed record RestoreImpactOptions
{
    /// <summary>The API server's default for <c>--etcd-prefix</c>.</summary>
    public const string DefaultKeyPrefix = "/registry";

    /// <summary>The cluster's name; null for what the connection, the data directory or the snapshot says.</summary>
    public string? Cluster { get; init; }

    /// <summary>When the outage began: the cluster accepted no write after it. Null where not known, or where there is none.</summary>
    public DateTimeOffset? OutageStart { get; init; }

    /// <summary>Where Kubernetes keeps its objects: the API servers' <c>--etcd-prefix</c>. OpenShift has two, /kubernetes.io and /openshift.io.</summary>
    public IReadOnlyList<string> KeyPrefixes { get; init; } = [DefaultKeyPrefix];

    /// <summary>How many rows <see cref="RestoreImpact.ByPrefix"/> and <see cref="RestoreImpact.ByKind"/> have at most, without "(other)".</summary>
    public int RowLimit { get; init; } = 200;

    /// <summary>How many objects are listed by name.</summary>
    public int ObjectLimit { get; init; } = 10_000;

    /// <summary>Earlier restores, for the estimate.</summary>
    public IReadOnlyList<EarlierRestore> EarlierRestores { get; init; } = [];

    /// <summary>Whether the estate names what writes to the cluster, so that a restore keeps it out; null where the estate does not tell of a restore.</summary>
    public bool? HasNamedWriters { get; init; }

    /// <summary>How long a restore may take, as the estate says.</summary>
    public TimeSpan? RecoveryTimeObjective { get; init; }
}

/// <summary>A restore that was made.</summary>
/// <param name="Size">The snapshot's length in bytes, plain.</param>
/// <param name="Duration">From its start to a healthy cluster.</param>
public sealed record EarlierRestore(long Size, TimeSpan Duration);

/// <summary>How far a measurement has come.</summary>
/// <param name="Keys">The keys that were compared.</param>
/// <param name="Expected">How many keys there are about; null where not known.</param>
public readonly record struct ImpactProgress(long Keys, long? Expected);
