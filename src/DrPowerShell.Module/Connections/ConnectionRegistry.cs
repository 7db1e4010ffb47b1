using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace DrPowerShell.Module.Connections;

/// <summary>The open connections of one session (runspace), by name. Closed when the session ends or the module is removed.</summary>
/// <remarks>One a runspace, so that a parallel runspace that removes the module does not close the connections of its parent.</remarks>
internal sealed class ConnectionRegistry
{
    private static readonly ConditionalWeakTable<Runspace, ConnectionRegistry> Sessions = [];

    private readonly Dictionary<string, EtcdConnection> _open = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The registry of the session that runs on this thread: ask on the pipeline thread only.</summary>
    public static ConnectionRegistry Current => Sessions.GetValue(Runspace.DefaultRunspace, static runspace =>
    {
        var registry = new ConnectionRegistry();
        runspace.StateChanged += (_, change) =>
        {
            if (change.RunspaceStateInfo.State is RunspaceState.Closed or RunspaceState.Broken)
            {
                registry.CloseAll();
            }
        };
        return registry;
    });

    /// <summary>The open connections in the order of their names.</summary>
    public IReadOnlyList<EtcdConnection> Open
    {
        get
        {
            lock (_open)
            {
                return [.. _open.Values.OrderBy(connection => connection.Name, StringComparer.OrdinalIgnoreCase)];
            }
        }
    }

    /// <summary>The open connection of a name, null for none.</summary>
    public EtcdConnection? Find(string name)
    {
        lock (_open)
        {
            return _open.GetValueOrDefault(name);
        }
    }

    /// <summary>Adds a connection; returns the one of the same name that it replaces, which the caller closes.</summary>
    public EtcdConnection? Add(EtcdConnection connection)
    {
        lock (_open)
        {
            var replaced = _open.GetValueOrDefault(connection.Name);
            _open[connection.Name] = connection;
            return replaced;
        }
    }

    /// <summary>Takes a connection out; the caller closes it.</summary>
    public void Remove(EtcdConnection connection)
    {
        lock (_open)
        {
            if (_open.GetValueOrDefault(connection.Name) == connection)
            {
                _open.Remove(connection.Name);
            }
        }
    }

    /// <summary>Closes every connection without waiting for the servers.</summary>
    public void CloseAll()
    {
        EtcdConnection[] connections;
        lock (_open)
        {
            connections = [.. _open.Values];
            _open.Clear();
        }

        foreach (var connection in connections)
        {
            _ = connection.CloseAsync();
        }
    }
}
