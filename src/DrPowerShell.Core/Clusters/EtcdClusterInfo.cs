namespace DrPowerShell.Core.Clusters;

/// <summary>A cluster as its members describe it at one moment.</summary>
public sealed record EtcdClusterInfo
{
    /// <summary>The name of the connection it was read through.</summary>
    public required string Name { get; init; }

    /// <summary>The cluster's id in hexadecimal, as etcd prints it.</summary>
    public required string ClusterId { get; init; }

    /// <summary>The lowest version among the members that answered, such as 3.5.16; empty where none did.</summary>
    public required string Version { get; init; }

    /// <summary>The name of the member that leads, null where no member knows a leader.</summary>
    public string? Leader { get; init; }

    /// <summary>The newest revision among the members that answered.</summary>
    public long Revision { get; init; }

    /// <summary>How many members answered.</summary>
    public int Reachable => Members.Count(member => member.IsReachable);

    /// <summary>Every member of the member list, in the order of their names.</summary>
    public required EtcdMemberInfo[] Members { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>What a member does in its cluster.</summary>
public enum EtcdMemberRole
{
    /// <summary>It did not answer.</summary>
    Unknown,

    Follower,

    Leader,

    /// <summary>It receives the log and does not vote.</summary>
    Learner,
}

/// <summary>One member: what the member list says of it, and what it says of itself.</summary>
public sealed record EtcdMemberInfo
{
    /// <summary>The member's name; empty while it has never started.</summary>
    public required string Name { get; init; }

    /// <summary>The member's id in hexadecimal, as etcd prints it.</summary>
    public required string Id { get; init; }

    public EtcdMemberRole Role { get; init; }

    /// <summary>Whether the member list calls it a learner.</summary>
    public bool IsLearner { get; init; }

    /// <summary>The client URL that answered, or the one that was tried last; null where it has none.</summary>
    public Uri? Endpoint { get; init; }

    public required Uri[] ClientUrls { get; init; }

    public required Uri[] PeerUrls { get; init; }

    /// <summary>Whether it answered.</summary>
    public bool IsReachable { get; init; }

    /// <summary>Why it did not answer, or what it reports as wrong; null where nothing is.</summary>
    public string? Error { get; init; }

    /// <summary>The server's version, such as 3.5.16.</summary>
    public string? Version { get; init; }

    /// <summary>The id, in hexadecimal, of the member that it takes for the leader; null where it knows none.</summary>
    public string? LeaderId { get; init; }

    public long Revision { get; init; }

    public ulong RaftTerm { get; init; }

    public ulong RaftIndex { get; init; }

    public ulong RaftAppliedIndex { get; init; }

    /// <summary>The database file's size in bytes.</summary>
    public long DbSize { get; init; }

    /// <summary>The bytes of it that are in use; 0 where the server does not say.</summary>
    public long DbSizeInUse { get; init; }

    /// <summary>The quota in bytes; null where the server does not say (before 3.6).</summary>
    public long? DbSizeQuota { get; init; }

    /// <summary>The part of the file that a defragmentation would give back, 0 to 1.</summary>
    public double Fragmentation => DbSize > 0 && DbSizeInUse > 0 ? Math.Max(0, 1 - ((double)DbSizeInUse / DbSize)) : 0;

    /// <summary>The alarms that it has raised.</summary>
    public EtcdAlarmKind[] Alarms { get; init; } = [];

    /// <summary>When the certificate it shows expires, UTC; null without TLS, and where nobody asked.</summary>
    public DateTimeOffset? CertificateExpires { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name.Length > 0 ? Name : Id;
}
