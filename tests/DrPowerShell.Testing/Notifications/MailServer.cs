using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DrPowerShell.Testing.Notifications;

/// <summary>A small SMTP server on loopback: plain and AUTH PLAIN, without encryption. It keeps what it takes.</summary>
public sealed class MailServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public MailServer()
    {
        _listener.Start();
        _ = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The mails, each as it came: envelope lines first.</summary>
    public ConcurrentQueue<string> Mails { get; } = new();

    /// <summary>What it answers to a command, by the command's line; null for what it answers by itself.</summary>
    public Func<string, string?> Answer { get; set; } = _ => null;

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                _ = TalkAsync(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
                using var writer = new StreamWriter(client.GetStream(), new UTF8Encoding(false)) { NewLine = "\r\n", AutoFlush = true };
                var envelope = new StringBuilder();
                await writer.WriteLineAsync("220 loopback ESMTP");
                while (await reader.ReadLineAsync() is { } line)
                {
                    var verb = line.Split(' ')[0].ToUpperInvariant();
                    if (Answer(line) is { } given)
                    {
                        await writer.WriteLineAsync(given);
                    }
                    else if (verb == "EHLO")
                    {
                        await writer.WriteLineAsync("250-loopback\r\n250-AUTH PLAIN\r\n250 8BITMIME");
                    }
                    else if (verb == "DATA")
                    {
                        await writer.WriteLineAsync("354 go on");
                        await TakeAsync(reader, envelope);
                        await writer.WriteLineAsync("250 taken");
                    }
                    else
                    {
                        envelope.AppendLine(line);
                        await writer.WriteLineAsync(verb switch { "AUTH" => "235 welcome", "QUIT" => "221 bye", _ => "250 fine" });
                    }
                }
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // Whoever talked has gone away.
            }
        }
    }

    private async Task TakeAsync(StreamReader reader, StringBuilder envelope)
    {
        while (await reader.ReadLineAsync() is { } line and not ".")
        {
            envelope.AppendLine(line.StartsWith('.') ? line[1..] : line);
        }

        Mails.Enqueue(envelope.ToString());
        envelope.Clear();
    }
}
