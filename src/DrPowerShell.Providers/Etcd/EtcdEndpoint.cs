namespace DrPowerShell.Providers.Etcd;

/// <summary>One member's client URL with the channel to it. Thread safe.</summary>
internal sealed class EtcdEndpoint(EndpointDialer dialer) : IDisposable
{
    private readonly object _gate = new();
    private EtcdChannel? _channel;
    private bool _closed;

    public Uri Url => dialer.Endpoint;

    public EndpointDialer Dialer => dialer;

    /// <summary>The channel to use for one call; the caller leaves it afterwards.</summary>
    public EtcdChannel Enter()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(EtcdCluster));
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

    public void Dispose()
    {
        EtcdChannel? channel;
        lock (_gate)
        {
            _closed = true;
            (channel, _channel) = (_channel, null);
        }

        channel?.Close();
    }
}
