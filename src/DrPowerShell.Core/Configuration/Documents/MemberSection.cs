namespace DrPowerShell.Core.Configuration.Documents;

/// <summary>One member of a cluster, and how its machine runs it.</summary>
public sealed record MemberSection
{
    [EstateKey("The machine that it runs on: a name from hosts.", Required = true, NamesOf = "hosts")]
    public string Host { get; init; } = "";

    [EstateKey("What starts and stops it. Default: the systemd unit etcd.service.")]
    public MemberServiceSection? Service { get; init; }

    [EstateKey("Its peer URLs. Default: what its configuration says.")]
    public IReadOnlyList<Uri> PeerUrls { get; init; } = [];

    [EstateKey("Its client URLs. Default: what its configuration says.")]
    public IReadOnlyList<Uri> ClientUrls { get; init; } = [];

    [EstateKey("Its data directory on the host. Default: what its configuration says.")]
    public string? DataDirectory { get; init; }

    [EstateKey("etcd's configuration file on the host (--config-file), or the file of environment variables that a service of commands reads. Default: found from the unit or the manifest.")]
    public string? Configuration { get; init; }

    [EstateKey("The user that etcd runs as, who owns the data directory. Default: the owner of the directory that is there, else the unit's User=.")]
    public string? Owner { get; init; }
}
