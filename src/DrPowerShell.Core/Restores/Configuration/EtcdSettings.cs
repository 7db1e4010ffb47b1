namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>One value that is set for etcd.</summary>
/// <param name="Flag">The flag's name without dashes.</param>
/// <param name="Value">Its value, as etcd gets it.</param>
/// <param name="Origin">Where it stands.</param>
internal sealed record Setting(string Flag, string Value, SettingOrigin Origin);

/// <summary>The names of etcd's settings that a restore looks at, and what holds where they are not set.</summary>
internal static class EtcdSettings
{
    public const string Name = "name";
    public const string DataDirectory = "data-dir";
    public const string WalDirectory = "wal-dir";
    public const string ListenClientUrls = "listen-client-urls";
    public const string AdvertiseClientUrls = "advertise-client-urls";
    public const string ListenPeerUrls = "listen-peer-urls";
    public const string AdvertisePeerUrls = "initial-advertise-peer-urls";
    public const string InitialCluster = "initial-cluster";
    public const string InitialClusterState = "initial-cluster-state";
    public const string InitialClusterToken = "initial-cluster-token";
    public const string ForceNewCluster = "force-new-cluster";
    public const string ConfigFile = "config-file";
    public const string Discovery = "discovery";
    public const string DiscoverySrv = "discovery-srv";
    public const string DiscoveryEndpoints = "discovery-endpoints";

    private const string Prefix = "ETCD_";

    /// <summary>What a record of a member's configuration has a property for.</summary>
    public static readonly IReadOnlySet<string> Known = new HashSet<string>(StringComparer.Ordinal)
    {
        Name, DataDirectory, WalDirectory, ListenClientUrls, AdvertiseClientUrls, ListenPeerUrls, AdvertisePeerUrls, InitialCluster, InitialClusterState,
        InitialClusterToken, ForceNewCluster, "cert-file", "key-file", "trusted-ca-file", "peer-cert-file", "peer-key-file", "peer-trusted-ca-file",
    };

    /// <summary>etcd's own default (server/embed/config.go, v3.4 to v3.6); empty where it has none.</summary>
    public static string Default(string flag) => flag switch
    {
        Name => "default",
        ListenClientUrls or AdvertiseClientUrls => "http://localhost:2379",
        ListenPeerUrls or AdvertisePeerUrls => "http://localhost:2380",
        InitialClusterState => "new",
        InitialClusterToken => "etcd-cluster",
        ForceNewCluster => "false",
        _ => "",
    };

    /// <summary>The variable that stands for a flag, as pkg/flags/flag.go makes it.</summary>
    public static string Variable(string flag) => Prefix + flag.ToUpperInvariant().Replace('-', '_');

    /// <summary>The flag that a variable stands for; null for variables that are not etcd's.</summary>
    public static string? Flag(string variable) => variable.StartsWith(Prefix, StringComparison.Ordinal) && variable.Length > Prefix.Length
        ? variable[Prefix.Length..].ToLowerInvariant().Replace('_', '-')
        : null;

    public static bool IsTrue(string value) => value is "true" or "True" or "TRUE" or "t" or "T" or "1";

    /// <summary>Whether two values mean the same to etcd: in lists the order counts for nothing, in URLs a slash at the end.</summary>
    public static bool AreEqual(string flag, string one, string other) => flag switch
    {
        ListenClientUrls or AdvertiseClientUrls or ListenPeerUrls or AdvertisePeerUrls or InitialCluster => Parts(one).SetEquals(Parts(other)),
        ForceNewCluster => IsTrue(one) == IsTrue(other),
        _ => one == other,
    };

    private static HashSet<string> Parts(string list) =>
        [.. list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(part => part.TrimEnd('/'))];
}
