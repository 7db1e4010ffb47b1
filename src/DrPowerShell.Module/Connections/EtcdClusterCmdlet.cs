using System.Management.Automation;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Connections;

/// <summary>
/// The base of cmdlets that work on a live cluster: the connection parameters, and the open cluster behind them.
/// </summary>
/// <remarks>
/// A cmdlet calls <see cref="OpenCluster"/> on the pipeline thread, once or for each record: a connection of the session is used as it is, one
/// made from <c>-Endpoint</c> is opened at the first call and closed with the cmdlet. The parameters are in every parameter set; what
/// excludes each other is refused by a typed error.
/// </remarks>
public abstract class EtcdClusterCmdlet : DrCmdlet
{
    private IEtcdCluster? _owned;

    /// <summary>
    /// The cluster: the name of an open connection, or the connection that Connect-EtcdCluster returned. Without it, and without -Endpoint,
    /// the one open connection is used.
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(ConnectionNameCompleter))]
    [ValidateNotNull]
    public virtual ClusterReference? Cluster { get; set; }

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

    /// <summary>The name the cluster goes by in messages: the connection's name or the first endpoint's host.</summary>
    protected string ClusterName { get; private set; } = "";

    /// <summary>The cluster that the parameters name, open. Call it on the pipeline thread.</summary>
    /// <exception cref="ConnectionParametersConflictException">The parameters say two things.</exception>
    /// <exception cref="NoOpenConnectionException">Nothing was named and nothing is open.</exception>
    /// <exception cref="SeveralOpenConnectionsException">Nothing was named and several connections are open.</exception>
    protected IEtcdCluster OpenCluster()
    {
        if (Endpoint is null)
        {
            RefuseWithoutEndpoint();
            var connection = SessionConnection();
            ClusterName = connection.Name;
            return connection.Cluster;
        }

        if (Cluster is not null)
        {
            throw new ConnectionParametersConflictException(nameof(Endpoint),
                "-Cluster and -Endpoint were both given; each names a cluster.", "Leave one of them out.");
        }

        if (_owned is null)
        {
            var options = ConnectionOptions(name: null);
            _owned = Run((_, token) => ProviderLoader.Catalog.Etcd.ConnectAsync(options, token));
            ClusterName = options.Name ?? options.Endpoints[0].Host;
        }

        return _owned;
    }

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

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _owned, null) is { } owned)
        {
            owned.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        base.Dispose(disposing);
    }

    private EtcdConnection SessionConnection()
    {
        var registry = ConnectionRegistry.Current;
        if (Cluster?.Connection is { } given)
        {
            return given.IsOpen ? given : throw new ConnectionClosedException(given.Name);
        }

        var open = registry.Open;
        if (Cluster is not null)
        {
            return registry.Find(Cluster.Name) ?? throw new ConnectionNotFoundException(Cluster.Name, [.. open.Select(one => one.Name)]);
        }

        return open.Count switch
        {
            0 => throw new NoOpenConnectionException(),
            1 => open[0],
            _ => throw new SeveralOpenConnectionsException([.. open.Select(one => one.Name)]),
        };
    }

    private void RefuseWithoutEndpoint()
    {
        string[] needEndpoint = [nameof(CACertificate), nameof(Certificate), nameof(CertificateKey), nameof(Credential), nameof(Timeout)];
        if (needEndpoint.FirstOrDefault(MyInvocation.BoundParameters.ContainsKey) is { } lone)
        {
            throw new ConnectionParametersConflictException(lone,
                $"-{lone} was given without -Endpoint; an open connection keeps what it was opened with.",
                $"Add -Endpoint, or give -{lone} to Connect-EtcdCluster.");
        }
    }
}
