using System.Net;
using System.Net.Sockets;

namespace DrPowerShell.Core.Sandboxes;

/// <summary>Free ports of the loopback address, told by the system.</summary>
internal static class LoopbackPorts
{
    /// <summary>As many different ports as asked for; somebody else may take one before it is used, so the user of them must be ready to ask again.</summary>
    public static IReadOnlyList<int> Find(int count)
    {
        var listeners = new List<TcpListener>(count);
        try
        {
            for (var i = 0; i < count; i++)
            {
                var listener = new TcpListener(IPAddress.Loopback, 0);
                listeners.Add(listener);
                listener.Start();
            }

            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }
}
