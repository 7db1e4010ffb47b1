namespace DrPowerShell.Core.Clusters;

/// <summary>A member as the cluster's member list names it.</summary>
public sealed record EtcdMember
{
    /// <summary>The member's id.</summary>
    public required ulong Id { get; init; }

    /// <summary>The id as etcd prints it: lowercase hexadecimal without padding.</summary>
    public string IdText => Id.ToString("x", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The member's name; empty while it has never started.</summary>
    public required string Name { get; init; }

    public required IReadOnlyList<Uri> PeerUrls { get; init; }

    public required IReadOnlyList<Uri> ClientUrls { get; init; }

    public bool IsLearner { get; init; }
}

/// <summary>The member list with the cluster's id.</summary>
public sealed record EtcdMemberList(ulong ClusterId, IReadOnlyList<EtcdMember> Members);

/// <summary>What one endpoint answers about itself (Maintenance.Status).</summary>
public sealed record EtcdEndpointStatus
{
    public required Uri Endpoint { get; init; }

    public required ulong ClusterId { get; init; }

    public required ulong MemberId { get; init; }

    /// <summary>The server's version, such as 3.5.16.</summary>
    public required string Version { get; init; }

    /// <summary>The member that this one takes for the leader, 0 for none.</summary>
    public required ulong LeaderId { get; init; }

    public required ulong RaftTerm { get; init; }

    public required ulong RaftIndex { get; init; }

    public required ulong RaftAppliedIndex { get; init; }

    /// <summary>The store's current main revision.</summary>
    public required long Revision { get; init; }

    /// <summary>The backend file's size in bytes.</summary>
    public required long DbSize { get; init; }

    /// <summary>The bytes of it that hold live pages; 0 where the server does not say.</summary>
    public required long DbSizeInUse { get; init; }

    /// <summary>The backend quota in bytes; null where the server does not say (before 3.6).</summary>
    public long? DbSizeQuota { get; init; }

    public bool IsLearner { get; init; }

    /// <summary>What the member itself reports as wrong.</summary>
    public IReadOnlyList<string> Errors { get; init; } = [];

    public bool IsLeader => LeaderId != 0 && LeaderId == MemberId;
}

/// <summary>An alarm that a member has raised.</summary>
public sealed record EtcdAlarm(ulong MemberId, EtcdAlarmKind Kind);

public enum EtcdAlarmKind
{
    None,
    NoSpace,
    Corrupt,
}

/// <summary>The hash of the key space at one revision, comparable between members of equal compacted revision.</summary>
public sealed record EtcdHashKv(Uri Endpoint, uint Hash, long CompactRevision, long Revision);

/// <summary>A certificate that an endpoint presented, or that this client uses.</summary>
public sealed record EtcdCertificate(string Subject, string Issuer, DateTimeOffset NotBefore, DateTimeOffset NotAfter);
