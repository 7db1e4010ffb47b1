namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>What a member's configuration is to say; null for what stays as it is. --force-new-cluster and discovery are always switched off.</summary>
public sealed record MemberConfigurationChange
{
    public string? Name { get; init; }

    /// <summary>An absolute path on the host.</summary>
    public string? DataDirectory { get; init; }

    public IReadOnlyList<Uri>? ListenClientUrls { get; init; }

    public IReadOnlyList<Uri>? AdvertiseClientUrls { get; init; }

    public IReadOnlyList<Uri>? ListenPeerUrls { get; init; }

    public IReadOnlyList<Uri>? AdvertisePeerUrls { get; init; }

    /// <summary>Such as <c>m1=https://a:2380,m2=https://b:2380</c>.</summary>
    public string? InitialCluster { get; init; }

    /// <summary>new or existing.</summary>
    public string? InitialClusterState { get; init; }

    public string? InitialClusterToken { get; init; }
}
