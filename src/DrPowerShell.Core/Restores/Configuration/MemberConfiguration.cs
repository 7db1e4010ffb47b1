namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>How one etcd member is set up on its host: what etcd would take if it were started now. Paths are the host's, also for a pod.</summary>
/// <remarks>
/// Precedence is etcd's own (server/etcdmain/config.go, v3.4 to v3.6): a configuration file, named by --config-file or ETCD_CONFIG_FILE, puts every
/// other flag and variable out of force; else flags count and variables ETCD_… (with both for one setting etcd does not start), the last of several equal flags.
/// </remarks>
public sealed record MemberConfiguration
{
    /// <summary>What etcd calls itself where it is told nothing.</summary>
    public const string DefaultName = "default";

    /// <summary>The estate's name for its machine.</summary>
    public required string Host { get; init; }

    /// <summary>etcd's --name.</summary>
    public string Name { get; init; } = DefaultName;

    /// <summary>The data directory: an absolute path on the host.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Where the write-ahead log lies, when not in the data directory.</summary>
    public string? WalDirectory { get; init; }

    public IReadOnlyList<Uri> ListenClientUrls { get; init; } = [];

    public IReadOnlyList<Uri> AdvertiseClientUrls { get; init; } = [];

    public IReadOnlyList<Uri> ListenPeerUrls { get; init; } = [];

    /// <summary>etcd's --initial-advertise-peer-urls.</summary>
    public IReadOnlyList<Uri> AdvertisePeerUrls { get; init; } = [];

    /// <summary>As it is written; empty where nothing is.</summary>
    public string InitialCluster { get; init; } = "";

    /// <summary>new or existing.</summary>
    public string InitialClusterState { get; init; } = "new";

    public string InitialClusterToken { get; init; } = "etcd-cluster";

    public MemberTlsFiles ClientTls { get; init; } = new();

    public MemberTlsFiles PeerTls { get; init; } = new();

    public bool ForceNewCluster { get; init; }

    /// <summary>The user that the unit runs etcd as; null where it says none.</summary>
    public string? User { get; init; }

    /// <summary>The group that the unit runs etcd as; null where it says none.</summary>
    public string? Group { get; init; }

    /// <summary>Everything else that is set, by the flag's name without dashes.</summary>
    public IReadOnlyDictionary<string, string> Extra { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Where each value that is set comes from, by the flag's name without dashes; what is missing is etcd's default.</summary>
    public IReadOnlyDictionary<string, SettingOrigin> Origins { get; init; } = new Dictionary<string, SettingOrigin>(StringComparer.Ordinal);

    /// <summary>What it was read from; <see cref="MemberConfigurationEdit"/> changes these.</summary>
    public IReadOnlyList<MemberConfigurationSource> Sources { get; init; } = [];

    /// <summary>The texts, parsed; null where the estate alone told.</summary>
    internal MemberTexts? Texts { get; init; }

    public override string ToString() => $"{Name} on {Host}: {DataDirectory}";
}

/// <summary>The files of one side's TLS, as paths on the host; null for what is not set.</summary>
public sealed record MemberTlsFiles
{
    public string? Certificate { get; init; }

    public string? Key { get; init; }

    public string? TrustedCa { get; init; }
}

/// <summary>Where a value stands.</summary>
/// <param name="Kind">The kind of text.</param>
/// <param name="Path">The file on the host; of a process, its number.</param>
/// <param name="Line">The line in the file, from 1; 0 for a process.</param>
public sealed record SettingOrigin(MemberConfigurationKind Kind, string Path, int Line)
{
    public override string ToString() => Line > 0 ? $"{Path}:{Line}" : Path;
}

/// <summary>A text that sets a member up, as it was when it was read.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Path">The file on the host; of a process, its number.</param>
/// <param name="Content">Its bytes; null for a file that is not there yet and may be written.</param>
public sealed record MemberConfigurationSource(MemberConfigurationKind Kind, string Path, byte[]? Content)
{
    public override string ToString() => Path;
}

/// <summary>A kind of text that sets an etcd member up.</summary>
public enum MemberConfigurationKind
{
    /// <summary>A unit of systemd, or one of its drop-ins. Only a drop-in of our own is ever written.</summary>
    SystemdUnit,

    /// <summary>etcd's own file of --config-file.</summary>
    ConfigFile,

    /// <summary>The manifest of a static pod.</summary>
    PodManifest,

    /// <summary>A file of variables ETCD_….</summary>
    EnvironmentFile,

    /// <summary>The command line of the process that runs: it can be read, not changed.</summary>
    Process,
}
