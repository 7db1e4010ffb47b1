using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DrPowerShell.Testing.Stores;

/// <summary>
/// A proxy on loopback before an HTTP server that stays well: for each request a test decides whether it is passed on or meets a fault. A client
/// may take it for the server, or for the proxy that leads to it.
/// </summary>
/// <param name="target">The server behind; null where every request is answered by a fault.</param>
/// <param name="fault">Is asked for each request; null passes it on.</param>
public sealed class FaultyHttpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, FreePorts.Next());
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentQueue<HttpHead> _requests = new();
    private readonly Uri? _target;
    private readonly Func<HttpHead, HttpFault?> _fault;
    private readonly Task _accepting;

    public FaultyHttpProxy(Uri? target, Func<HttpHead, HttpFault?> fault)
    {
        (_target, _fault) = (target, fault);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>The requests so far, in their order.</summary>
    public IReadOnlyList<HttpHead> Requests => [.. _requests];

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _accepting;
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_ended.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        await Task.Yield();
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var own = client;
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        client.NoDelay = true;
        var answers = new Answers();
        Task? back = null;
        try
        {
            var from = new BufferedStream(new NetworkStream(client), 1 << 16);
            while (await ReadHeadAsync(from, cut.Token) is var (head, bytes))
            {
                _requests.Enqueue(head);
                var fault = _fault(head);
                if (fault is HttpFault.Answer answer)
                {
                    await client.SendAsync(Encoding.UTF8.GetBytes(
                        $"HTTP/1.1 {answer.Status} Test\r\nContent-Length: {Encoding.UTF8.GetByteCount(answer.Body)}\r\nConnection: close\r\n{answer.Headers}\r\n{(head.Method == "HEAD" ? "" : answer.Body)}"), cut.Token);
                    client.Shutdown(SocketShutdown.Send);
                    await DrainAsync(from, cut.Token);
                    return;
                }

                if (fault is HttpFault.Hang)
                {
                    await Task.Delay(Timeout.Infinite, cut.Token);
                }

                if (!server.Connected)
                {
                    await server.ConnectAsync(_target!.Host, _target.Port, cut.Token);
                    back = PassAnswersAsync(server, client, answers, cut);
                }

                answers.Allow(fault is HttpFault.CutAnswer(var after) ? after : long.MaxValue);
                await server.SendAsync(bytes, cut.Token);
                await PassAsync(from, server, fault is HttpFault.CutRequest(var part) ? Math.Min(part, head.ContentLength) : head.ContentLength, cut.Token);
                if (fault is HttpFault.CutRequest)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // One side is gone, or the test is over.
        }
        finally
        {
            // A reset: a plain close could look like the end of an answer.
            client.LingerState = new LingerOption(true, 0);
            client.Close();
            server.Close();
            await (back ?? Task.CompletedTask);
        }
    }

    private static async Task PassAnswersAsync(Socket server, Socket client, Answers answers, CancellationTokenSource cut)
    {
        var buffer = new byte[1 << 16];
        try
        {
            int read;
            while ((read = await server.ReceiveAsync(buffer, SocketFlags.None, cut.Token)) > 0)
            {
                var allowed = answers.Take(read);
                await client.SendAsync(buffer.AsMemory(0, allowed), cut.Token);
                if (allowed < read)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }

        if (!cut.IsCancellationRequested)
        {
            await cut.CancelAsync();
        }
    }

    private static async Task PassAsync(Stream from, Socket to, long length, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 16];
        while (length > 0)
        {
            var read = await from.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length)), cancellationToken);
            if (read == 0)
            {
                throw new IOException("The client is gone.");
            }

            for (var sent = 0; sent < read;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), SocketFlags.None, cancellationToken);
            }

            length -= read;
        }
    }

    private static async Task DrainAsync(Stream from, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 16];
        while (await from.ReadAsync(buffer, cancellationToken) > 0)
        {
        }
    }

    private static async Task<(HttpHead Head, byte[] Bytes)?> ReadHeadAsync(Stream from, CancellationToken cancellationToken)
    {
        var bytes = new List<byte>();
        var one = new byte[1];
        while (bytes.Count < 4 || bytes[^1] != '\n' || bytes[^2] != '\r' || bytes[^3] != '\n')
        {
            if (await from.ReadAsync(one, cancellationToken) == 0)
            {
                return null;
            }

            bytes.Add(one[0]);
        }

        var lines = Encoding.UTF8.GetString([.. bytes]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var first = lines[0].Split(' ');
        if (first[1].StartsWith("http://", StringComparison.Ordinal))
        {
            // As a client asks a proxy; servers want the path alone, and the host from the header.
            first[1] = first[1][first[1].IndexOf('/', "http://".Length)..];
            bytes = [.. Encoding.UTF8.GetBytes(string.Join(' ', first)), .. bytes.Skip(bytes.IndexOf((byte)'\r'))];
        }

        var headers = lines.Skip(1).Select(line => line.Split(':', 2)).ToDictionary(p => p[0].ToLowerInvariant(), p => p[1].Trim(), StringComparer.Ordinal);
        return (new HttpHead(first[0], first[1], headers), [.. bytes]);
    }

    private sealed class Answers
    {
        private readonly object _gate = new();
        private long _left = long.MaxValue;

        /// <summary>Says how many bytes of answers may follow.</summary>
        public void Allow(long bytes)
        {
            lock (_gate)
            {
                _left = bytes;
            }
        }

        /// <summary>How many of so many bytes may be passed on; they are counted.</summary>
        public int Take(int bytes)
        {
            lock (_gate)
            {
                var allowed = (int)Math.Min(bytes, _left);
                _left -= allowed;
                return allowed;
            }
        }
    }
}
