using DrPowerShell.Core.Secrets;

namespace DrPowerShell.Core.Configuration.Documents;

/// <summary>One cluster of an estate.</summary>
public sealed record ClusterSection
{
    [EstateKey("The members' client URLs, such as https://etcd-1:2379. Without a port 2379 is meant.", Required = true, Minimum = 1, Format = EstateFormat.Endpoint)]
    public IReadOnlyList<Uri> Endpoints { get; init; } = [];

    [EstateKey("A PEM file with the authorities that signed the members' certificates. Default: the machine's own.", Format = EstateFormat.File)]
    public string? CaCertificate { get; init; }

    [EstateKey("A PEM file with the client certificate.", Format = EstateFormat.File)]
    public string? Certificate { get; init; }

    [EstateKey("A PEM file with the private key of the client certificate. Default: the certificate's own file.", Format = EstateFormat.File)]
    public string? CertificateKey { get; init; }

    [EstateKey("The etcd user, where the cluster has authentication on.")]
    public string? User { get; init; }

    [EstateKey("Where the user's password is kept.")]
    public SecretReference? Password { get; init; }

    [EstateKey("How long one request may take.", Default = "5s")]
    public TimeSpan? Timeout { get; init; }

    [EstateKey("The machines that the members run on: names from hosts.", NamesOf = "hosts")]
    public IReadOnlyList<string> Hosts { get; init; } = [];

    [EstateKey("The members by name: where each runs, and what starts and stops it. Restore-EtcdCluster needs them.")]
    public IReadOnlyDictionary<string, MemberSection> Members { get; init; } = new Dictionary<string, MemberSection>(StringComparer.Ordinal);

    [EstateKey("What writes to the cluster, such as API servers: stopped before a restore and started after it.")]
    public IReadOnlyList<ServiceSection> Writers { get; init; } = [];

    [EstateKey("What must be restarted after a restore because it keeps a view of the data, such as kube-scheduler and kube-controller-manager.")]
    public IReadOnlyList<ServiceSection> Restarts { get; init; } = [];

    [EstateKey("The token of the restored cluster. Default: the run's id, so that members of the old cluster never mix with it.")]
    public string? Token { get; init; }

    [EstateKey("The repository that a restore takes the newest verified backup from, and that keeps the journals: a name from repositories.", NamesOf = "repositories")]
    public string? Repository { get; init; }

    [EstateKey("How long the cluster may be gone.")]
    public TimeSpan? Rto { get; init; }

    [EstateKey("How much may be lost, as a time.")]
    public TimeSpan? Rpo { get; init; }

    [EstateKey("Who must approve a restore. Without it PowerShell's own confirmation is asked.")]
    public ApprovalSection? Approval { get; init; }

    [EstateKey("Who is told of what is done to it: names from notifiers; [] for nobody. Default: the estate's own notify.", NamesOf = "notifiers")]
    public IReadOnlyList<string>? Notify { get; init; }
}
