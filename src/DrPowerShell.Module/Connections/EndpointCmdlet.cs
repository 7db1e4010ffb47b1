using System.Management.Automation;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Connections;

/// <summary>The base of cmdlets that take endpoints and what opens them: TLS files, certificate, user, time-out.</summary>
public abstract class EndpointCmdlet : DrCmdlet
{
    /// <summary>
    /// One or more client URLs of the cluster, used for this command alone. Scheme and port may be left out: https when one of the TLS
    /// parameters is given, otherwise http; port 2379.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public virtual string[]? Endpoint { get; set; }

    /// <summary>A PEM file with the authorities that signed the servers' certificates. Without it the machine's own trust store decides.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Alias("CACert")]
    public string? CACertificate { get; set; }

    /// <summary>The client certificate: a PEM file, or an X509Certificate2 object that holds its private key.</summary>
    [Parameter]
    [ValidateNotNull]
    [Alias("Cert")]
    public CertificateSource? Certificate { get; set; }

    /// <summary>A PEM file with the private key of -Certificate. Without it the key is looked for in the certificate's file.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? CertificateKey { get; set; }

    /// <summary>The etcd user and the password, where the cluster has authentication on.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>
    /// How long one request may take before it is given up or tried on another member: seconds, a TimeSpan, or a text such as 500ms or 1m.
    /// The default is 5 seconds.
    /// </summary>
    [Parameter]
    [DurationTransform]
    public TimeSpan? Timeout { get; set; }

    /// <summary>What the parameters from -Endpoint on say, with paths resolved from the session's location.</summary>
    /// <param name="name">The connection's name; null for the first endpoint's host.</param>
    protected EtcdConnectionOptions ConnectionOptions(string? name)
    {
        var tls = CACertificate is not null || Certificate is not null;
        if (CertificateKey is not null && Certificate?.Path is null)
        {
            throw new ConnectionParametersConflictException(nameof(CertificateKey),
                "-CertificateKey was given without the certificate file it belongs to.", "Add -Certificate FILE, or leave -CertificateKey out.");
        }

        if (Timeout is { } span && span <= TimeSpan.Zero)
        {
            throw new ConnectionParametersConflictException(nameof(Timeout), "-Timeout must be longer than nothing.", "Give seconds, such as -Timeout 5.");
        }

        var endpoints = Endpoint!.Select(text => EndpointParser.Parse(text, tls)).ToArray();
        var certificate = Certificate?.Path is { } path ? ResolveDestination(path) : null;
        var options = new EtcdConnectionOptions
        {
            Name = name ?? endpoints[0].Host,
            Endpoints = endpoints,
            CACertificatePath = CACertificate is null ? null : ResolveDestination(CACertificate),
            Certificate = Certificate?.Certificate,
            CertificatePath = certificate,
            CertificateKeyPath = CertificateKey is null ? certificate : ResolveDestination(CertificateKey),
            UserName = Credential?.UserName,
            Password = Credential?.GetNetworkCredential().Password,
        };
        return Timeout is { } timeout ? options with { RequestTimeout = timeout } : options;
    }
}
