using DrPowerShell.Core.Clusters.Errors;
using Etcdserverpb;
using Grpc.Core;

namespace DrPowerShell.Providers.Etcd;

/// <summary>
/// Holds the token that etcd gave for the user. One serves every member: Authenticate goes through raft, and a member that lags waits until
/// it has applied the token. A simple token ends with its time to live or with the member that is restarted, so it is renewed when refused.
/// </summary>
internal sealed class EtcdTokens(string? userName, string? password) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile string? _token;
    private volatile bool _authenticationOff;

    public string? UserName => userName;

    /// <summary>The token to send, null where none is needed.</summary>
    /// <param name="authenticate">Asks a member for a token.</param>
    /// <param name="refused">The token that was just refused, null where none was.</param>
    /// <param name="renew">Whether the last call was refused for its token or the lack of one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<string?> GetAsync(
        Func<AuthenticateRequest, Task<string>> authenticate, string? refused, bool renew, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(userName) || (!renew && (_token is not null || _authenticationOff)))
        {
            return _token;
        }

        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Another call may have renewed it meanwhile.
            if (_token is { } current && !string.Equals(current, refused, StringComparison.Ordinal))
            {
                return current;
            }

            if (_authenticationOff && !renew)
            {
                return null;
            }

            _token = await authenticate(new AuthenticateRequest { Name = userName, Password = password ?? "" }).ConfigureAwait(false);
            _authenticationOff = false;
            return _token;
        }
        catch (RpcException e) when (e.Status.Detail.EndsWith("authentication is not enabled", StringComparison.Ordinal))
        {
            // A user is no harm to a cluster that asks for none; etcdctl does the same.
            _authenticationOff = true;
            return _token = null;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Whether a call failed for its token, or for the lack of one, before it did anything: a new one may help.</summary>
    public bool MayRenew(RpcException error) =>
        !string.IsNullOrEmpty(userName) && EtcdAnswer.Of(error) is EtcdAnswer.InvalidToken or EtcdAnswer.UserNameEmpty;

    public void Dispose() => _one.Dispose();
}
