using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace DrPowerShell.Testing;

/// <summary>
/// A TCP proxy on loopback that makes one server slow, silent or dead while the server itself stays well. Settings act at once, on
/// open connections too.
/// </summary>
public sealed class DelayingProxy : IAsyncDisposable
{
    private readonly TcpListener listener;
    private readonly Uri target;
    private readonly CancellationTokenSource ended = new();
    private readonly ConcurrentDictionary<Socket, bool> sockets = new();
    private readonly Task accepting;
    private volatile TaskCompletionSource? stalled;
    private long bytesToClient;
    private long delayTicks;
    private long cutAfterBytes = long.MaxValue;

    /// <summary>Starts to forward to the host and port of the URL.</summary>
    public DelayingProxy(Uri target)
    {
        this.target = target;
        listener = new TcpListener(IPAddress.Loopback, FreePorts.Next());
        listener.Start();
        Url = new UriBuilder(target.Scheme, "127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port).Uri;
        accepting = Task.Run(AcceptAsync);
    }

    /// <summary>The proxy's own URL, with the target's scheme.</summary>
    public Uri Url { get; }

    /// <summary>How long each piece that the server sends is held back.</summary>
    public TimeSpan Delay
    {
        get => new(Interlocked.Read(ref delayTicks));
        set => Interlocked.Exchange(ref delayTicks, value.Ticks);
    }

    /// <summary>What was passed on from the server to clients so far, over all connections.</summary>
    public long BytesToClient => Interlocked.Read(ref bytesToClient);

    /// <summary>Every connection is cut once <see cref="BytesToClient"/> has reached this number, and new ones are refused. Null: never.</summary>
    public long? CutAfterBytes
    {
        get => Interlocked.Read(ref cutAfterBytes) is var n && n == long.MaxValue ? null : n;
        set => Interlocked.Exchange(ref cutAfterBytes, value ?? long.MaxValue);
    }

    /// <summary>Connections are closed as soon as they are made.</summary>
    public bool RefusesConnections { get; set; }

    /// <summary>Completes once the connections have been cut by <see cref="CutAfterBytes"/> or <see cref="Cut"/>.</summary>
    public Task WasCut => cut.Task;

    private readonly TaskCompletionSource cut = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>From now on nothing passes and nothing is closed: the server seems to hang.</summary>
    public void Stall() => Interlocked.CompareExchange(ref stalled, new(TaskCreationOptions.RunContinuationsAsynchronously), null);

    /// <summary>Ends a stall; what was held back is passed on.</summary>
    public void Resume() => Interlocked.Exchange(ref stalled, null)?.TrySetResult();

    /// <summary>Resets every open connection.</summary>
    public void Cut()
    {
        foreach (var socket in sockets.Keys)
        {
            try
            {
                socket.LingerState = new LingerOption(true, 0); // close sends a reset
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It is closed already.
            }

            socket.Dispose();
        }

        cut.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        listener.Stop();
        Cut();
        Resume();
        await accepting;
        ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new ConcurrentBag<Task>();
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync(ended.Token);
                connections.Add(ServeAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (client)
        {
            try
            {
                if (RefusesConnections || BytesToClient >= Interlocked.Read(ref cutAfterBytes))
                {
                    return;
                }

                client.NoDelay = true;
                sockets[client] = sockets[server] = true;
                await server.ConnectAsync(target.Host, target.Port, ended.Token);
                await Task.WhenAll(PumpAsync(client, server, toClient: false), PumpAsync(server, client, toClient: true));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // One side is gone, or was cut: the other one goes with it.
            }
            finally
            {
                sockets.TryRemove(client, out _);
                sockets.TryRemove(server, out _);
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool toClient)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer, SocketFlags.None, ended.Token)) > 0)
            {
                if (toClient && Delay > TimeSpan.Zero)
                {
                    await Task.Delay(Delay, ended.Token);
                }

                while (stalled is { } stall)
                {
                    await stall.Task.WaitAsync(ended.Token);
                }

                var allowed = toClient ? (int)Math.Clamp(Interlocked.Read(ref cutAfterBytes) - BytesToClient, 0, read) : read;
                await SendAllAsync(to, buffer.AsMemory(0, allowed));
                if (toClient && (Interlocked.Add(ref bytesToClient, allowed) >= Interlocked.Read(ref cutAfterBytes)))
                {
                    Cut();
                    return;
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            from.Dispose();
            to.Dispose();
        }
    }

    private async Task SendAllAsync(Socket to, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await to.SendAsync(bytes, SocketFlags.None, ended.Token)..];
        }
    }
}
