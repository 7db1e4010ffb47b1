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
}
