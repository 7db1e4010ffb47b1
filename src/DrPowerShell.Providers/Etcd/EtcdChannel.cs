using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;

namespace DrPowerShell.Providers.Etcd;

/// <summary>One HTTP/2 connection pool to one member, closed when it was retired and its last call has ended.</summary>
internal sealed class EtcdChannel
{
    private readonly GrpcChannel _channel;
    private int _users = 1;
    private volatile bool _connected;

    /// <param name="dialer">Opens the connections.</param>
    /// <param name="window">How many bytes the server may send ahead on one stream; null for what .NET grows by itself.</param>
    public EtcdChannel(EndpointDialer dialer, int? window = null)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                (var stream, Socket) = await dialer.ConnectSocketAsync(cancellationToken).ConfigureAwait(false);
                _connected = true;
                return stream;
            },
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            EnableMultipleHttp2Connections = false,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
        };
        if (window is { } bytes)
        {
            handler.InitialHttp2StreamWindowSize = bytes;
        }

        _channel = GrpcChannel.ForAddress(dialer.Endpoint, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = null,
            MaxRetryAttempts = null,
            ServiceConfig = null,
        });
        Invoker = _channel.CreateCallInvoker();
    }

    public CallInvoker Invoker { get; }

    /// <summary>The socket of the newest connection; null while there was none.</summary>
    public Socket? Socket { get; private set; }

    /// <summary>Whether a connection was ever made: while it was not, nothing can have been sent.</summary>
    public bool Connected => _connected;

    /// <summary>Counts a call in; false where the channel is closed already.</summary>
    public bool TryEnter()
    {
        while (Volatile.Read(ref _users) is var users and > 0)
        {
            if (Interlocked.CompareExchange(ref _users, users + 1, users) == users)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Counts a call out, or the owner: the last one closes the channel.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _channel.Dispose();
        }
    }

    /// <summary>Closes the channel at once, whatever is under way.</summary>
    public void Close() => _channel.Dispose();
}
