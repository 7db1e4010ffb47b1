using System.Management.Automation;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Repositories;

namespace DrPowerShell.Module.Connections;

/// <summary>
/// The base of cmdlets that work on a live cluster: the connection parameters, and the open cluster behind them.
/// </summary>
/// <remarks>
/// A cmdlet calls <see cref="OpenCluster"/> on the pipeline thread, once or for each record: a connection of the session is used as it is, one
/// made from <c>-Endpoint</c> (or to a cluster of the estate, or to a sandbox that another session started) is opened at the first call and closed with the cmdlet. The parameters are in every parameter set; what
/// excludes each other is refused by a typed error.
/// </remarks>
public abstract class EtcdClusterCmdlet : EndpointCmdlet
{
    private readonly Dictionary<object, IEtcdCluster> _owned = [];
    private EstateSession? _session;

    /// <summary>
    /// The cluster: the name of an open connection or of a cluster in the estate, the connection that Connect-EtcdCluster returned, or a sandbox
    /// that Start-EtcdSandbox returned. Without it, and without -Endpoint, the one open connection is used.
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(ClusterNameCompleter))]
    [ValidateNotNull]
    public virtual ClusterReference? Cluster { get; set; }

    /// <summary>The estate file. Without it $env:DRPOWERSHELL_ESTATE, else estate.yaml in the user's configuration folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Estate { get; set; }

    /// <summary>The estate, and what its names stand for.</summary>
    internal EstateSession Session => _session ??= new EstateSession(this, Estate);

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
            return SessionCluster();
        }

        if (Cluster is not null)
        {
            throw new ConnectionParametersConflictException(nameof(Endpoint),
                "-Cluster and -Endpoint were both given; each names a cluster.", "Leave one of them out.");
        }

        return Owned(Endpoint, () => ConnectionOptions(name: null));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var owned in _owned.Values)
            {
                owned.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }

            _owned.Clear();
        }

        base.Dispose(disposing);
    }

    private IEtcdCluster SessionCluster()
    {
        var registry = DrSession.Current.Connections;
        var open = registry.Open;
        if (Cluster is null)
        {
            return Use(open.Count switch
            {
                0 => throw new NoOpenConnectionException(),
                1 => open[0],
                _ => throw new SeveralOpenConnectionsException([.. open.Select(one => one.Name)]),
            });
        }

        if (Cluster.Connection is { } given)
        {
            return given.IsOpen ? Use(given) : throw new ConnectionClosedException(given.Name);
        }

        var named = registry.Find(Cluster.Name);
        if (Cluster.Sandbox is { } sandbox && (named is null || !named.Endpoints.SequenceEqual(sandbox.Endpoints)))
        {
            return Owned(sandbox, () => sandbox.ConnectionOptions);
        }

        return named is not null ? Use(named) : EstateCluster(Cluster.Name, open);
    }

    private IEtcdCluster EstateCluster(string name, IReadOnlyList<EtcdConnection> open)
    {
        // Without an estate, or where the default one does not know the name, a connection is what was most likely meant.
        if (Estate is null && Session.EstateIfAny?.Clusters.ContainsKey(name) != true)
        {
            throw new ConnectionNotFoundException(name, [.. open.Select(one => one.Name)]);
        }

        return Owned(name, () => Session.Estate.Cluster(name, Session.Secrets));
    }

    private IEtcdCluster Use(EtcdConnection connection)
    {
        ClusterName = connection.Name;
        return connection.Cluster;
    }

    private IEtcdCluster Owned(object key, Func<EtcdConnectionOptions> options)
    {
        if (!_owned.TryGetValue(key, out var cluster))
        {
            var how = options();
            // Stored by the work itself: a pipeline that is stopped right then still closes it.
            Run(async (_, token) => { _owned[key] = await ProviderLoader.Catalog.Etcd.ConnectAsync(how, token).ConfigureAwait(false); });
            cluster = _owned[key];
        }

        ClusterName = cluster.Options.Name ?? cluster.Options.Endpoints[0].Host;
        return cluster;
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
