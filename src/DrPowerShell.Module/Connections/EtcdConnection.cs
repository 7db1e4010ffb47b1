using DrPowerShell.Core.Ports;

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

    internal async Task CloseAsync()
    {
        IsOpen = false;
        await Cluster.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
