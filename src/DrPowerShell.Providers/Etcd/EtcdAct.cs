namespace DrPowerShell.Providers.Etcd;

/// <summary>What a call is for: how errors name it, and what may be done when it fails.</summary>
/// <param name="Name">A verb phrase that completes "could not …".</param>
/// <param name="Writes">It changes data: once it was sent it is not sent again.</param>
/// <param name="NeedsLeader">A member without a leader shall refuse it at once instead of letting it wait.</param>
internal sealed record EtcdAct(string Name, bool Writes = false, bool NeedsLeader = false)
{
    public static readonly EtcdAct Authenticate = new("check the user and password", NeedsLeader: true);
    public static readonly EtcdAct CheckAccess = new("answer a first request");
    public static readonly EtcdAct ListMembers = new("list the members", NeedsLeader: true);
    public static readonly EtcdAct ListMembersLocally = new("list the members");
    public static readonly EtcdAct ReadStatus = new("tell its status");
    public static readonly EtcdAct ListAlarms = new("list the alarms", NeedsLeader: true);
    public static readonly EtcdAct ListLeases = new("list the leases");
    public static readonly EtcdAct HashKv = new("hash its keys");
    public static readonly EtcdAct ReadKeys = new("read keys", NeedsLeader: true);
    public static readonly EtcdAct ReadKeysLocally = new("read keys");
    public static readonly EtcdAct WriteKey = new("write a key", Writes: true, NeedsLeader: true);
    public static readonly EtcdAct DeleteKeys = new("delete keys", Writes: true, NeedsLeader: true);
    public static readonly EtcdAct AddMember = new("add a member", Writes: true, NeedsLeader: true);
    public static readonly EtcdAct RemoveMember = new("remove a member", Writes: true, NeedsLeader: true);
    public static readonly EtcdAct PromoteMember = new("promote a learner", Writes: true, NeedsLeader: true);
    public static readonly EtcdAct StreamSnapshot = new("stream a snapshot");

    /// <summary>The revision that the call names, for errors about it.</summary>
    public long Revision { get; init; }

    /// <summary>The lease that the call names, for errors about it.</summary>
    public long Lease { get; init; }

    /// <summary>How long it may take; null for the connection's request timeout.</summary>
    public TimeSpan? Timeout { get; init; }
}
