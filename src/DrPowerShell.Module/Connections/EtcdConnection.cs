using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Connections;

/// <summary>An open connection to an etcd cluster.</summary>
public sealed class EtcdConnection
{
    internal EtcdConnection(string name, IEtcdCluster cluster)
    {
        Name = name;
        Cluster = cluster;
        Endpoints = [.. cluster.Options.Endpoints];
    }

    /// <summary>The name that <c>-Cluster</c> takes.</summary>
    public string Name { get; }

    /// <summary>The client URLs it was opened with.</summary>
    public Uri[] Endpoints { get; }

    /// <summary>The cluster's id in hexadecimal, as etcd prints it.</summary>
    public string ClusterId { get; init; } = "";

    /// <summary>The version of the member that answered, such as 3.5.16.</summary>
    public string Version { get; init; } = "";

    /// <summary>The names of the cluster's members when the connection was opened.</summary>
    public string[] Members { get; init; } = [];

    /// <summary>The etcd user, null where none was given.</summary>
    public string? UserName => Cluster.Options.UserName;

    /// <summary>When the connection was opened, UTC.</summary>
    public DateTimeOffset Opened { get; init; }

    /// <summary>Whether it can still be used; false after Disconnect-EtcdCluster.</summary>
    public bool IsOpen { get; private set; } = true;

    internal IEtcdCluster Cluster { get; }

    /// <summary>Asks an open cluster who it is; what it does not tell stays empty.</summary>
    internal static async Task<EtcdConnection> DescribeAsync(IEtcdCluster cluster, IPipelineOutput output, CancellationToken cancellationToken)
    {
        var (id, version, members) = ("", "", Array.Empty<string>());
        try
        {
            var info = await ClusterSurveyor.SurveyAsync(cluster, cancellationToken).ConfigureAwait(false);
            (id, version) = (info.ClusterId, info.Version);
            members = [.. info.Members.Select(member => member.ToString())];
        }
        catch (RecoveryException e)
        {
            // A user without the right to list members can still read and write keys.
            output.WriteVerbose($"The cluster did not describe itself: {e.Message}");
        }

        return new(cluster.Options.Name!, cluster) { ClusterId = id, Version = version, Members = members, Opened = TimeProvider.System.GetUtcNow() };
    }

    internal async Task CloseAsync()
    {
        IsOpen = false;
        await Cluster.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
