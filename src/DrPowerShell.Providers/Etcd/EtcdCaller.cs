using System.Collections.Concurrent;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Etcd.Errors;
using Etcdserverpb;
using Grpc.Core;

namespace DrPowerShell.Providers.Etcd;

/// <summary>Makes calls, to one member or to whichever answers, with a token, a deadline, and errors that tell what happened. Thread safe.</summary>
internal sealed class EtcdCaller : IDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(150);
    private readonly ConcurrentDictionary<string, EtcdEndpoint> _endpoints = new(StringComparer.OrdinalIgnoreCase);
    private readonly EtcdConnectionOptions _options;
    private readonly ClientTls _tls;
    private readonly EtcdTokens _tokens;
    private readonly CallFailures _failures;
    private int _preferred;
    private volatile bool _disposed;

    public EtcdCaller(EtcdConnectionOptions options)
    {
        _options = options;
        _tls = ClientTls.Load(options);
        _tokens = new EtcdTokens(options.UserName, options.Password);
        _failures = new CallFailures(options.UserName);
    }

    public EtcdEndpoint At(Uri url)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(EtcdCluster));
        return _endpoints.GetOrAdd(
            EndpointUrl.Require(url).GetLeftPart(UriPartial.Authority),
            _ => new EtcdEndpoint(new EndpointDialer(url, _tls, _options.ConnectTimeout)));
    }

    /// <summary>Calls one member and no other.</summary>
    public async Task<T> CallAsync<T>(
        Uri url, EtcdAct act, Func<CallInvoker, CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellationToken)
    {
        var endpoint = At(url);
        var timeout = act.Timeout ?? _options.RequestTimeout;
        string? refused = null;
        for (var renewals = 0; ; renewals++)
        {
            var channel = endpoint.Enter();

            // While the token is being fetched nothing of the call itself was sent: a write that fails here was certainly not made.
            var under = EtcdAct.Authenticate;
            try
            {
                var token = await TokenAsync(channel, refused, renewals > 0, cancellationToken).ConfigureAwait(false);
                (refused, under) = (token, act);
                return await OnceAsync(channel, call, OptionsFor(act, token, timeout, cancellationToken)).ConfigureAwait(false);
            }
            catch (RpcException e)
            {
                cancellationToken.ThrowIfCancellationRequested();
                endpoint.ThrowIfClosed();
                if (renewals == 0 && _tokens.MayRenew(e))
                {
                    continue;
                }

                if (e.StatusCode == StatusCode.DeadlineExceeded)
                {
                    endpoint.Retire(channel);
                }

                throw await ExplainAsync(e, endpoint, channel.Connected, under, timeout, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                channel.Leave();
            }
        }
    }

    /// <summary>Calls whichever member answers, the one that answered last being asked first.</summary>
    public async Task<T> CallAnyAsync<T>(
        EtcdAct act, Func<CallInvoker, CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellationToken, bool waitForLeader = true)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var failures = new List<RecoveryException>();
            var first = Volatile.Read(ref _preferred);
            for (var i = 0; i < _options.Endpoints.Count; i++)
            {
                var index = (first + i) % _options.Endpoints.Count;
                try
                {
                    var answer = await CallAsync(_options.Endpoints[index], act, call, cancellationToken).ConfigureAwait(false);
                    Volatile.Write(ref _preferred, index);
                    return answer;
                }
                catch (RecoveryException e) when (CallFailures.AnotherMayAnswer(e))
                {
                    failures.Add(e);
                }
            }

            // An election takes a second or so: a cluster that is about to have a leader is given the time of one request.
            var electing = waitForLeader && failures.Exists(f => f is EtcdNoLeaderException);
            if (!electing || TimeProvider.System.GetElapsedTime(started) >= _options.RequestTimeout)
            {
                throw MostTelling(failures);
            }

            await Task.Delay(RetryPause, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The token for a call on this channel.</summary>
    public ValueTask<string?> TokenAsync(EtcdChannel channel, string? refused, bool renew, CancellationToken cancellationToken) =>
        _tokens.GetAsync(
            async request =>
            {
                var options = OptionsFor(EtcdAct.Authenticate, token: null, _options.RequestTimeout, cancellationToken);
                using var call = new Auth.AuthClient(channel.Invoker).AuthenticateAsync(request, options);
                return (await call.ResponseAsync.ConfigureAwait(false)).Token;
            },
            refused,
            renew,
            cancellationToken);

    public bool MayRenew(RpcException error) => _tokens.MayRenew(error);

    public static CallOptions OptionsFor(EtcdAct act, string? token, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var metadata = new Metadata();
        if (token is not null)
        {
            metadata.Add("token", token);
        }

        if (act.NeedsLeader)
        {
            metadata.Add("hasleader", "true");
        }

        var deadline = timeout is { } t ? TimeProvider.System.GetUtcNow().UtcDateTime + t : (DateTime?)null;
        return new CallOptions(metadata, deadline, cancellationToken);
    }

    public async Task<RecoveryException> ExplainAsync(
        RpcException error, EtcdEndpoint endpoint, bool connected, EtcdAct act, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var failure = await _failures.ExplainAsync(error, endpoint, connected, act, timeout, cancellationToken).ConfigureAwait(false);

        // A leader that died during the call leaves it waiting: the member knows by now whether it has one.
        var leaderless = failure is EtcdRequestTimedOutException && act.NeedsLeader
            && await HasNoLeaderAsync(endpoint, cancellationToken).ConfigureAwait(false);
        return leaderless ? new EtcdNoLeaderException(endpoint.Url, error) : failure;
    }

    /// <summary>Of several members' failures the one that helps most: who cannot be reached says less than who answers wrongly.</summary>
    public static RecoveryException MostTelling(IReadOnlyList<RecoveryException> failures)
    {
        var told = failures.FirstOrDefault(f => f is not EtcdEndpointUnreachableException and not EtcdRequestTimedOutException)
            ?? failures.FirstOrDefault(f => f is EtcdRequestTimedOutException);
        if (told is not null || failures.Count == 1)
        {
            return told ?? failures[0];
        }

        var all = failures.Cast<EtcdEndpointUnreachableException>().ToArray();
        var others = all.Skip(1).Select(f => $"nor can {f.Endpoint.GetLeftPart(UriPartial.Authority)}: {f.Reason}");
        return new EtcdEndpointUnreachableException(all[0].Endpoint, $"{all[0].Reason}; {string.Join("; ", others)}", all[0]);
    }

    public void Dispose()
    {
        _disposed = true;
        foreach (var endpoint in _endpoints.Values)
        {
            endpoint.Dispose();
        }

        _tokens.Dispose();
        _tls.Dispose();
    }

    private static async Task<T> OnceAsync<T>(
        EtcdChannel channel, Func<CallInvoker, CallOptions, AsyncUnaryCall<T>> call, CallOptions options)
    {
        using var under = call(channel.Invoker, options);
        return await under.ResponseAsync.ConfigureAwait(false);
    }

    private async Task<bool> HasNoLeaderAsync(EtcdEndpoint endpoint, CancellationToken cancellationToken)
    {
        var channel = endpoint.Enter();
        try
        {
            var options = OptionsFor(EtcdAct.ReadStatus, token: null, _options.ConnectTimeout, cancellationToken);
            using var call = new Maintenance.MaintenanceClient(channel.Invoker).StatusAsync(new StatusRequest(), options);
            return (await call.ResponseAsync.ConfigureAwait(false)).Leader == 0;
        }
        catch (RpcException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
        finally
        {
            channel.Leave();
        }
    }
}
