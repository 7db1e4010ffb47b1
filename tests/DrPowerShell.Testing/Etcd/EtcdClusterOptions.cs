namespace DrPowerShell.Testing.Etcd;

/// <summary>How a test cluster is to be started.</summary>
public sealed record EtcdClusterOptions
{
    /// <summary>How many members a new cluster gets; <see cref="Plan"/> wins over it.</summary>
    public int Members { get; init; } = 1;

    /// <summary>Names, URLs and token, from <see cref="EtcdTestCluster.Plan"/>; made when absent.</summary>
    public EtcdClusterPlan? Plan { get; init; }

    /// <summary>Client URLs are https and ask for a client certificate. A given plan's URLs win over it.</summary>
    public bool Tls { get; init; }

    /// <summary>Peer URLs are https and ask for a client certificate. A given plan's URLs win over it.</summary>
    public bool PeerTls { get; init; }

    /// <summary>The certificate that the members show, made from the cluster's certificates; the good one when absent.</summary>
    public Func<TestCertificates, CertificatePair>? ServerCertificate { get; init; }

    /// <summary>Creates the root user and turns authentication on, once the cluster is healthy.</summary>
    public bool EnableAuth { get; init; }

    /// <summary>Data dirs that exist already (from a restore), with <c>{member}</c> for the name. They are not removed on dispose.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>The root password for <see cref="EnableAuth"/>, or of the given data dirs when authentication is on in them.</summary>
    public string? RootPassword { get; init; }

    /// <summary>Further arguments for every member.</summary>
    public IReadOnlyList<string> ExtraArguments { get; init; } = [];

    /// <summary><c>new</c>, or <c>existing</c> for members that join a running cluster.</summary>
    public string InitialClusterState { get; init; } = "new";

    /// <summary>How long the members may take to become healthy.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
