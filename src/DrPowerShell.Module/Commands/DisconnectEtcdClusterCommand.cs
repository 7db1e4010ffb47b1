using System.Management.Automation;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Connections;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Commands;

/// <summary>Closes connections that Connect-EtcdCluster opened.</summary>
/// <remarks>
/// <para>Without -Cluster the one open connection is closed. The cluster is not touched. A sandbox goes on running: Stop-EtcdSandbox ends it.</para>
/// </remarks>
/// <example>
/// <para>Close a connection by its name.</para>
/// <code>Disconnect-EtcdCluster prod</code>
/// <para>Nothing is written; the name is free for another connection.</para>
/// </example>
/// <example>
/// <para>Close every connection of the session.</para>
/// <code>Disconnect-EtcdCluster -All</code>
/// <para>No error where none is open.</para>
/// </example>
[Cmdlet(VerbsCommunications.Disconnect, "EtcdCluster", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low, DefaultParameterSetName = ByName)]
[OutputType(typeof(void))]
public sealed class DisconnectEtcdClusterCommand : DrCmdlet
{
    private const string ByName = "Cluster";
    private const string Every = "All";

    /// <summary>The names of open connections, or the connections themselves. Without it the one open connection is closed.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ParameterSetName = ByName)]
    [ArgumentCompleter(typeof(ConnectionNameCompleter))]
    [ValidateNotNullOrEmpty]
    public ClusterReference[]? Cluster { get; set; }

    /// <summary>Close every open connection of the session.</summary>
    [Parameter(Mandatory = true, ParameterSetName = Every)]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var open = DrSession.Current.Connections.Open;
        if (All)
        {
            Close(open);
            return;
        }

        if (Cluster is null)
        {
            Close(open.Count switch
            {
                0 => throw new NoOpenConnectionException(),
                1 => open,
                _ => throw new SeveralOpenConnectionsException([.. open.Select(one => one.Name)]),
            });
            return;
        }

        foreach (var reference in Cluster)
        {
            Item(reference.Name, () => Close([reference.Connection ?? DrSession.Current.Connections.Find(reference.Name)
                ?? throw new ConnectionNotFoundException(reference.Name, [.. open.Select(one => one.Name)])]));
        }
    }

    private void Close(IEnumerable<EtcdConnection> connections)
    {
        foreach (var connection in connections)
        {
            if (connection.IsOpen && ShouldProcess(connection.Name, "Close the connection"))
            {
                DrSession.Current.Connections.Remove(connection);
                Run((_, _) => connection.CloseAsync());
            }
        }
    }
}
