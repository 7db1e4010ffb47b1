using System.Net.Sockets;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace DrPowerShell.Providers.Sftp;

/// <summary>An authenticated SSH connection, through as many hosts as it takes; each host's key was checked.</summary>
internal sealed class SshConnection : IDisposable
{
    private readonly Stack<IDisposable> _parts = new();

    private SshConnection()
    {
    }

    /// <summary>The connection to the last host.</summary>
    public SshClient Client { get; private set; } = null!;

    /// <summary>Connects to the host of a repository's URI.</summary>
    /// <exception cref="RecoveryException">Unreachable, timed out, a host key or credentials that do not do: each its own type.</exception>
    public static async Task<SshConnection> OpenAsync(RepositoryOptions options, SftpPatience patience, CancellationToken cancellationToken)
    {
        var connection = new SshConnection();
        try
        {
            var (uri, through) = (options.Uri, default(Forwarding));
            var user = uri.UserInfo.Length > 0 ? Uri.UnescapeDataString(uri.UserInfo) : Environment.UserName;
            SshHop[] hops = [.. options.Sftp.Jumps, new SshHop(uri.DnsSafeHost, uri.Port > 0 ? uri.Port : 22, user) { Access = options.Sftp }];
            for (var i = 0; i < hops.Length; i++)
            {
                await connection.ConnectAsync(options.Uri, hops[i], through, patience, cancellationToken).ConfigureAwait(false);
                through = i + 1 < hops.Length ? connection.Forward(hops[i], hops[i + 1]) : null;
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        // A connection whose other end is gone may block while it says goodbye.
        var parts = _parts.ToArray();
        _parts.Clear();
        _ = Task.Run(() => Array.ForEach(parts, Release));
    }

    private static void Release(IDisposable part)
    {
        try
        {
            part.Dispose();
        }
        catch (Exception e) when (e is SshException or SocketException or ObjectDisposedException or InvalidOperationException or IOException)
        {
            // It was broken already.
        }
    }

    private async Task ConnectAsync(Uri store, SshHop hop, Forwarding? through, SftpPatience patience, CancellationToken cancellationToken)
    {
        var methods = SshCredentials.Load(store, hop.User, hop.Access);
        foreach (var key in methods.OfType<PrivateKeyAuthenticationMethod>().SelectMany(method => method.KeyFiles).OfType<IDisposable>())
        {
            _parts.Push(key);
        }

        var known = KnownHosts.Load(hop.Access.KnownHostsPaths);
        var info = new ConnectionInfo(through is null ? hop.Host : "127.0.0.1", through?.Port ?? hop.Port, hop.User, methods) { Timeout = patience.Connect };
        Order(info.HostKeyAlgorithms, known.Prefer(info.HostKeyAlgorithms.Keys, hop.Host, hop.Port));
        // Counter mode costs a separate MAC; the processor does GCM in one go.
        Order(info.Encryptions, [.. info.Encryptions.Keys.OrderBy(name => name.Contains("gcm", StringComparison.Ordinal) ? 0 : 1)]);
        var client = new SshClient(info) { KeepAliveInterval = patience.KeepAlive };
        _parts.Push(client);
        Exception? distrust = null;
        client.HostKeyReceived += (_, e) =>
        {
            distrust = known.Check(store, hop.Host, hop.Port, e);
            e.CanTrust = distrust is null;
        };
        try
        {
            // Key exchange and login block their thread; a caller who has had enough leaves them to their own time limit.
            await Task.Run(() => client.ConnectAsync(cancellationToken), CancellationToken.None).WaitAsync(cancellationToken).ConfigureAwait(false);
            info.Timeout = patience.Answer; // from now on it bounds how long the server may keep its window shut
            Client = client;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw distrust ?? SshFailures.OfConnect(store, hop, through is null ? null : $"{through.From.Host}:{through.From.Port}", through?.Error, patience.Connect, e);
        }
    }

    // SSH.NET connects to sockets alone: the way through a host begins at a port of this machine's loopback that lives as long as the connection.
    private Forwarding Forward(SshHop from, SshHop to)
    {
        var port = new ForwardedPortLocal("127.0.0.1", to.Host, (uint)to.Port);
        var forwarding = new Forwarding(from, port);
        Client.AddForwardedPort(port);
        _parts.Push(port);
        port.Start();
        return forwarding;
    }

    private static void Order<T>(Renci.SshNet.IOrderedDictionary<string, T> algorithms, IReadOnlyList<string> names)
    {
        var values = names.Select(name => KeyValuePair.Create(name, algorithms[name])).ToArray();
        algorithms.Clear();
        foreach (var (name, value) in values)
        {
            algorithms.Add(name, value);
        }
    }

    private sealed class Forwarding
    {
        private readonly ForwardedPortLocal _port;

        public Forwarding(SshHop from, ForwardedPortLocal port)
        {
            (From, _port) = (from, port);
            port.Exception += (_, e) => Error = e.Exception;
        }

        public SshHop From { get; }

        public int Port => (int)_port.BoundPort;

        /// <summary>Why the host in between could not pass on.</summary>
        public Exception? Error { get; private set; }
    }
}

/// <summary>How long is waited for a server.</summary>
internal sealed record SftpPatience
{
    /// <summary>For TCP, key exchange and login of one host.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>For the next sign of life while an answer is due.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often an idle connection is kept open.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(15);
}
