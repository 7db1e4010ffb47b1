using System.Management.Automation;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Module.Connections;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Commands;

/// <summary>Opens a connection to an etcd cluster and keeps it for the session.</summary>
/// <remarks>
/// <para>
/// The connection is proved when it is opened: one endpoint at least has answered with these credentials. The other cmdlets use it through
/// -Cluster NAME, and without -Cluster while it is the only one that is open. Requests go to whichever endpoint answers, so name every member.
/// </para>
/// <para>A connection of the same name is replaced. Connections are closed by Disconnect-EtcdCluster, and when the session ends.</para>
/// </remarks>
/// <example>
/// <para>Connect to three members with a client certificate, as kubeadm lays them out.</para>
/// <code>Connect-EtcdCluster -Name prod -Endpoint etcd-1, etcd-2, etcd-3 -CACertificate /etc/kubernetes/pki/etcd/ca.crt -Certificate /etc/kubernetes/pki/etcd/healthcheck-client.crt -CertificateKey /etc/kubernetes/pki/etcd/healthcheck-client.key</code>
/// <para>TLS parameters are given, so the endpoints are read as https://etcd-1:2379 and so on.</para>
/// </example>
/// <example>
/// <para>Connect with a user and a password.</para>
/// <code>Connect-EtcdCluster https://etcd-1:2379 -Credential (Get-Credential root) -CACertificate ./ca.pem</code>
/// <para>The connection's name is the first endpoint's host, etcd-1.</para>
/// </example>
/// <example>
/// <para>Connect to all clusters of a list with the columns Name and Endpoint.</para>
/// <code>Import-Csv ./clusters.csv | Connect-EtcdCluster -CACertificate ./ca.pem</code>
/// <para>Each row opens a connection of its own; one that fails is an error and the next row is tried.</para>
/// </example>
[Cmdlet(VerbsCommunications.Connect, "EtcdCluster")]
[OutputType(typeof(EtcdConnection))]
public sealed class ConnectEtcdClusterCommand : EndpointCmdlet
{
    /// <summary>
    /// One or more client URLs of the cluster. Scheme and port may be left out: https when one of the TLS parameters is given, otherwise http;
    /// port 2379.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public override string[]? Endpoint { get; set; }

    /// <summary>The name of the connection, which -Cluster takes. The default is the first endpoint's host.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <inheritdoc/>
    protected override void Process() => Item(Endpoint, () =>
    {
        var options = ConnectionOptions(Name);
        var connection = Open(options);
        if (DrSession.Current.Connections.Add(connection) is { } replaced)
        {
            WriteVerbose($"The connection '{replaced.Name}' to {string.Join(", ", replaced.Endpoints.Select(one => one.Authority))} is replaced.");
            Run((_, _) => replaced.CloseAsync());
        }

        WriteObject(connection);
    }, terminating: !MyInvocation.ExpectingInput);

    private EtcdConnection Open(EtcdConnectionOptions options)
    {
        IEtcdCluster? cluster = null;
        var kept = false;
        try
        {
            var connection = Run(async (output, token) =>
            {
                cluster = await ProviderLoader.Catalog.Etcd.ConnectAsync(options, token).ConfigureAwait(false);
                return await EtcdConnection.DescribeAsync(cluster, output, token).ConfigureAwait(false);
            });
            kept = true;
            return connection;
        }
        finally
        {
            if (!kept && cluster is not null)
            {
                cluster.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }
        }
    }
}
