using System.Text.Json;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Configuration.Documents;

namespace DrPowerShell.Core.Restores.Assessing;

/// <summary>What a restore was asked for.</summary>
public sealed record RestoreRequest
{
    /// <summary>The estate's name for the cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>The one member to replace in a living cluster; null to restore all.</summary>
    public string? Member { get; init; }

    /// <summary>The members that the cluster is to have, where they are others than the estate's: other names, machines, URLs or counts; empty for the estate's.</summary>
    public IReadOnlyDictionary<string, MemberSection> Members { get; init; } = new Dictionary<string, MemberSection>(StringComparer.Ordinal);

    /// <summary>The snapshot to restore: a file, or a backup in a repository; null to take the best source there is.</summary>
    public EtcdSnapshot? Snapshot { get; init; }

    /// <summary>The repository that is looked into, by the estate's name; null for the cluster's own.</summary>
    public string? Repository { get; init; }

    /// <summary>The largest loss that is accepted; null for none.</summary>
    public TimeSpan? AcceptDataLoss { get; init; }

    /// <summary>When the outage began; null where nobody knows.</summary>
    public DateTimeOffset? OutageStart { get; init; }

    /// <summary>Auto, or a number of revisions.</summary>
    public string BumpRevision { get; init; } = "Auto";

    /// <summary>The cluster's token; null for the estate's, else the run's id.</summary>
    public string? Token { get; init; }

    /// <summary>The business checks, as a plan writes them.</summary>
    public JsonElement? Checks { get; init; }

    /// <summary>How long the cluster may be gone; null for the estate's.</summary>
    public TimeSpan? Rto { get; init; }

    /// <summary>How much may be lost; null for the estate's.</summary>
    public TimeSpan? Rpo { get; init; }
}
