namespace DrPowerShell.Module.Connections;

/// <summary>The open connections of one session, by name.</summary>
internal sealed class ConnectionRegistry
{
    private readonly Dictionary<string, EtcdConnection> _open = new(StringComparer.OrdinalIgnoreCase);

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

    /// <summary>Closes every connection.</summary>
    public async Task CloseAllAsync()
    {
        EtcdConnection[] connections;
        lock (_open)
        {
            connections = [.. _open.Values];
            _open.Clear();
        }

        foreach (var connection in connections)
        {
            await connection.CloseAsync().ConfigureAwait(false);
        }
    }
}
