using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Clusters;

/// <summary>What a test of a live cluster measured and found.</summary>
public sealed record EtcdClusterTestResult
{
    /// <summary>The name of the connection it was tested through.</summary>
    public required string Name { get; init; }

    /// <summary>The cluster's id in hexadecimal, as etcd prints it.</summary>
    public required string ClusterId { get; init; }

    /// <summary>Whether no finding is an error.</summary>
    public bool IsHealthy => !Array.Exists(Findings, finding => finding.Severity == FindingSeverity.Error);

    /// <summary>Whether the cluster answered a linearizable read, which needs a majority of its voting members.</summary>
    public required bool HasQuorum { get; init; }

    /// <summary>The name of the leader that the members agree on; null where there is none.</summary>
    public string? Leader { get; init; }

    /// <summary>The newest revision among the members that answered.</summary>
    public long Revision { get; init; }

    /// <summary>Whether the key spaces of all members that could be asked have the same hash at one revision; null where fewer than two could be compared.</summary>
    public bool? HashEqual { get; init; }

    /// <summary>The revision that the key spaces were compared at; 0 where they were not.</summary>
    public long HashRevision { get; init; }

    /// <summary>What was found, errors first.</summary>
    public required EtcdClusterFinding[] Findings { get; init; }

    /// <summary>The members with the figures that the findings rest on.</summary>
    public required EtcdMemberInfo[] Members { get; init; }

    /// <summary>When this client's own certificate expires, UTC; null where it uses none.</summary>
    public DateTimeOffset? ClientCertificateExpires { get; init; }

    /// <summary>When the test began, UTC.</summary>
    public required DateTimeOffset Tested { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }
}

/// <summary>One thing that a test of a cluster found.</summary>
public sealed record EtcdClusterFinding
{
    public required FindingSeverity Severity { get; init; }

    /// <summary>A stable name of the condition, such as <c>MemberUnreachable</c>.</summary>
    public required string Code { get; init; }

    /// <summary>The member it is about, by name; null where it is about the cluster.</summary>
    public string? Member { get; init; }

    /// <summary>What was found and what to do about it.</summary>
    public required string Text { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Member is null ? $"{Severity} {Code}: {Text}" : $"{Severity} {Code} ({Member}): {Text}";
}
