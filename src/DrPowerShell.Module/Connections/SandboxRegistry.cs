using DrPowerShell.Core.Sandboxes;

namespace DrPowerShell.Module.Connections;

/// <summary>The running sandboxes of one session, by name.</summary>
internal sealed class SandboxRegistry
{
    private readonly Dictionary<string, EtcdSandbox> _running = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The sandboxes in the order of their names.</summary>
    public IReadOnlyList<EtcdSandbox> Running
    {
        get
        {
            lock (_running)
            {
                return [.. _running.Values.OrderBy(sandbox => sandbox.Name, StringComparer.OrdinalIgnoreCase)];
            }
        }
    }

    /// <summary>The sandbox of a name, null for none.</summary>
    public EtcdSandbox? Find(string name)
    {
        lock (_running)
        {
            return _running.GetValueOrDefault(name);
        }
    }

    /// <summary>Adds a sandbox; false where its name is in use.</summary>
    public bool Add(EtcdSandbox sandbox)
    {
        lock (_running)
        {
            return _running.TryAdd(sandbox.Name, sandbox);
        }
    }

    /// <summary>Takes a sandbox out; the caller stops it.</summary>
    public void Remove(EtcdSandbox sandbox)
    {
        lock (_running)
        {
            if (_running.GetValueOrDefault(sandbox.Name) == sandbox)
            {
                _running.Remove(sandbox.Name);
            }
        }
    }

    /// <summary>Stops every sandbox.</summary>
    public async Task StopAllAsync()
    {
        EtcdSandbox[] sandboxes;
        lock (_running)
        {
            sandboxes = [.. _running.Values];
            _running.Clear();
        }

        await Task.WhenAll(sandboxes.Select(sandbox => sandbox.DisposeAsync().AsTask())).ConfigureAwait(false);
    }
}
