using DrPowerShell.Core.Checks;
using DrPowerShell.Core.Configuration.Documents;

namespace DrPowerShell.Core.Restores.Plans;

/// <summary>A restore plan as it is written: what a restore of one cluster takes, accepts and proves.</summary>
public sealed record RestorePlanDocument
{
    [EstateKey("The cluster: a name from the estate's clusters.", Required = true, NamesOf = "clusters")]
    public string Cluster { get; init; } = "";

    [EstateKey("What is restored. Default: the source that loses least.")]
    public RestoreSourceSection? Source { get; init; }

    [EstateKey("The members of the restored cluster by name, where they are to be others than the estate's: other names, machines, URLs or counts.")]
    public IReadOnlyDictionary<string, MemberSection> Members { get; init; } = new Dictionary<string, MemberSection>(StringComparer.Ordinal);

    [EstateKey("What must be true before the restore counts as done.")]
    public IReadOnlyList<CheckSection> Checks { get; init; } = [];

    [EstateKey("How much may be lost at most, as a time. Needed where a source is taken that is not the best.")]
    public TimeSpan? AcceptDataLoss { get; init; }

    [EstateKey("How long the cluster may be gone. Default: the estate's.")]
    public TimeSpan? Rto { get; init; }

    [EstateKey("How much should be lost at most, as a time. Default: the estate's.")]
    public TimeSpan? Rpo { get; init; }

    [EstateKey("How far the revision is raised: auto, or a number of revisions; 0 for not at all.", Format = EstateFormat.Scalar, Default = "auto")]
    public string BumpRevision { get; init; } = "auto";

    [EstateKey("The restored cluster's token. Default: the estate's, else the run's id.")]
    public string? Token { get; init; }
}

/// <summary>What a plan restores.</summary>
public sealed record RestoreSourceSection
{
    [EstateKey("The repository: a name from the estate's repositories. Default: the cluster's own.", NamesOf = "repositories")]
    public string? Repository { get; init; }

    [EstateKey("A backup's id, such as prod-20261122T140512Z-7f3a.")]
    public string? Backup { get; init; }

    [EstateKey("Take the newest verified backup.")]
    public bool Latest { get; init; }

    [EstateKey("A snapshot file.", Format = EstateFormat.File)]
    public string? File { get; init; }
}
