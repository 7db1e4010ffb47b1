using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DrPowerShell.Testing.Notifications;

/// <summary>A real HTTP server on loopback that collects what is posted to it, and answers as the test says.</summary>
public sealed class PostServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private bool _isDisposed;

    public PostServer()
    {
        _listener.Start();
        _ = ServeAsync();
    }

    /// <summary>In the order in which they were complete.</summary>
    public ConcurrentQueue<ReceivedPost> Posts { get; } = new();

    /// <summary>The status of the answer, and how long it is held back; asked before the answer, by the post's number from 1.</summary>
    public Func<ReceivedPost, int, (int Status, TimeSpan Delay)> Answer { get; set; } = (_, _) => (200, TimeSpan.Zero);

    public Uri At(string path) => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}{path}");

    /// <summary>Ends it; a test may do so itself to have nobody there.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _end.Cancel();
            _listener.Dispose();
            _end.Dispose();
        }
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                _ = AnswerAsync(await _listener.AcceptTcpClientAsync(), _end.Token);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(TcpClient client, CancellationToken end)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var post = await ReadAsync(stream, end);
                int number;
                lock (Posts)
                {
                    Posts.Enqueue(post);
                    number = Posts.Count;
                }

                var (status, delay) = Answer(post, number);
                await Task.Delay(delay, end);
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nLocation: /elsewhere\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"), end);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // Whoever asked has gone away.
            }
        }
    }

    private static async Task<ReceivedPost> ReadAsync(NetworkStream stream, CancellationToken end)
    {
        var (bytes, buffer, head) = (new List<byte>(), new byte[16 << 10], -1);
        var length = 0;
        while (head < 0 || bytes.Count < head + 4 + length)
        {
            var read = await stream.ReadAsync(buffer, end);
            if (read == 0)
            {
                throw new IOException("The request ended early.");
            }

            bytes.AddRange(buffer[..read]);
            if (head < 0 && (head = bytes.ToArray().AsSpan().IndexOf("\r\n\r\n"u8)) >= 0)
            {
                length = int.Parse(Headers(bytes, head).GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture);
            }
        }

        var line = Encoding.ASCII.GetString([.. bytes.Take(head)]).Split("\r\n")[0].Split(' ');
        return new ReceivedPost(line[0], line[1], Headers(bytes, head), Encoding.UTF8.GetString([.. bytes.Skip(head + 4)]));
    }

    private static Dictionary<string, string> Headers(List<byte> bytes, int head) => Encoding.ASCII.GetString([.. bytes.Take(head)]).Split("\r\n").Skip(1)
        .Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
}

/// <summary>What was posted.</summary>
public sealed record ReceivedPost(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body);
