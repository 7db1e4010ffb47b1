using DrPowerShell.Core.Sandboxes;

namespace DrPowerShell.Module.Connections;

/// <summary>A cluster as <c>-Cluster</c> takes it: the name of an open connection, the connection itself, or a sandbox.</summary>
public sealed class ClusterReference
{
    /// <summary>The name of an open connection.</summary>
    public ClusterReference(string name) => Name = name;

    /// <summary>A connection that Connect-EtcdCluster returned.</summary>
    public ClusterReference(EtcdConnection connection)
    {
        Name = connection.Name;
        Connection = connection;
    }

    /// <summary>A sandbox that Start-EtcdSandbox returned.</summary>
    public ClusterReference(EtcdSandbox sandbox)
    {
        Name = sandbox.Name;
        Sandbox = sandbox;
    }

    /// <summary>The connection's name.</summary>
    public string Name { get; }

    /// <summary>The connection, where one was given.</summary>
    public EtcdConnection? Connection { get; }

    /// <summary>The sandbox, where one was given.</summary>
    public EtcdSandbox? Sandbox { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
