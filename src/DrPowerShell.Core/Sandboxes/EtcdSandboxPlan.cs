namespace DrPowerShell.Core.Sandboxes;

/// <summary>A sandbox as it is about to start: what a restore needs to know to build its data directories.</summary>
public sealed record EtcdSandboxPlan
{
    /// <summary>The version of the etcd program, such as 3.5.16.</summary>
    public required Version EtcdVersion { get; init; }

    /// <summary>The token that the members' ids are made from.</summary>
    public required string ClusterToken { get; init; }

    /// <summary>The members to be.</summary>
    public required IReadOnlyList<EtcdSandboxMemberPlan> Members { get; init; }

    /// <summary>The members as <c>--initial-cluster</c> takes them: <c>m1=https://127.0.0.1:12345,m2=…</c>.</summary>
    public string InitialCluster => string.Join(',', Members.Select(member => $"{member.Name}={EtcdUrl.Show(member.PeerUrl)}"));
}

/// <summary>One member of a sandbox to be.</summary>
/// <param name="Name">The member's name.</param>
/// <param name="ClientUrl">Where it will answer clients.</param>
/// <param name="PeerUrl">Where it will answer the other members.</param>
/// <param name="DataDirectory">Its <c>--data-dir</c>; absent yet, its parent exists.</param>
public sealed record EtcdSandboxMemberPlan(string Name, Uri ClientUrl, Uri PeerUrl, string DataDirectory);

/// <summary>URLs as etcd writes them: without the slash that Uri adds.</summary>
internal static class EtcdUrl
{
    public static string Show(Uri url) => url.GetLeftPart(UriPartial.Authority);
}
