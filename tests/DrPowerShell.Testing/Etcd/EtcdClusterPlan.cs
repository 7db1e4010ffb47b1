namespace DrPowerShell.Testing.Etcd;

/// <summary>One member as planned: its name and URLs are known before it starts.</summary>
public sealed record PlannedMember(string Name, Uri ClientUrl, Uri PeerUrl);

/// <summary>Names, ports and token of a cluster that does not run yet, so that data dirs can be restored for it first.</summary>
public sealed record EtcdClusterPlan(IReadOnlyList<PlannedMember> Members, string Token)
{
    /// <summary>What <c>--initial-cluster</c> wants: <c>m1=http://127.0.0.1:20001,m2=…</c>.</summary>
    public string InitialCluster => string.Join(',', Members.Select(m => $"{m.Name}={Text(m.PeerUrl)}"));

    /// <summary>The URL as etcd wants it: without a slash at its end.</summary>
    public static string Text(Uri url) => url.GetLeftPart(UriPartial.Authority);
}
