namespace DrPowerShell.Providers.Etcd;

/// <summary>One member's client URL with the channel to it. Thread safe.</summary>
internal sealed class EtcdEndpoint(EndpointDialer dialer) : IDisposable
{
    private readonly object _gate = new();
    private readonly HashSet<EtcdChannel> _streams = [];
    private EtcdChannel? _channel;
    private volatile bool _closed;

    public Uri Url => dialer.Endpoint;

    public EndpointDialer Dialer => dialer;

    /// <summary>The channel to use for one call; the caller leaves it afterwards.</summary>
    public EtcdChannel Enter()
    {
        lock (_gate)
        {
            ThrowIfClosed();
            _channel ??= new EtcdChannel(dialer);
            _channel.TryEnter();
            return _channel;
        }
    }

    /// <summary>
    /// Makes the next call open a new connection: one that timed out may sit on a connection whose other end is gone, which the system would
    /// go on using for many minutes. Calls that are under way keep theirs.
    /// </summary>
    public void Retire(EtcdChannel channel)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_channel, channel))
            {
                return;
            }

            _channel = null;
        }

        channel.Leave();
    }

    /// <summary>A channel of its own for one long stream, which would otherwise hold up every short call.</summary>
    /// <param name="window">How many bytes the server may send ahead.</param>
    public EtcdChannel EnterStream(int window)
    {
        lock (_gate)
        {
            ThrowIfClosed();
            var channel = new EtcdChannel(dialer, window);
            _streams.Add(channel);
            return channel;
        }
    }

    public void LeaveStream(EtcdChannel channel)
    {
        lock (_gate)
        {
            _streams.Remove(channel);
        }

        channel.Close();
    }

    /// <summary>Calls that the closing of the cluster ended fail for that reason, whatever their transport says.</summary>
    public void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_closed, typeof(EtcdCluster));

    public void Dispose()
    {
        EtcdChannel[] open;
        lock (_gate)
        {
            _closed = true;
            open = _channel is null ? [.. _streams] : [_channel, .. _streams];
            _channel = null;
            _streams.Clear();
        }

        foreach (var channel in open)
        {
            channel.Close();
        }
    }
}
