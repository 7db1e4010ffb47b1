using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;
using Polly;
using Polly.Retry;
using Renci.SshNet.Common;

namespace DrPowerShell.Providers.Sftp;

/// <summary>
/// The one session that all acts on a store share, made anew when it broke. Acts run in it side by side; SFTP numbers their requests.
/// </summary>
internal sealed class SftpLink : IDisposable
{
    private readonly RepositoryOptions _options;
    private readonly SftpPatience _patience;
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private readonly ResiliencePipeline _retrying;
    private SftpSession? _session;
    private bool _disposed;

    public SftpLink(RepositoryOptions options, SftpPatience patience, TimeProvider time)
    {
        (_options, _patience) = (options, patience);
        _retrying = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is { } e && SshFailures.IsDisturbance(e, args.AttemptNumber)),
                MaxRetryAttempts = 4,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = TimeSpan.FromSeconds(5),
            })
            .Build();
    }

    public Uri Store => _options.Uri;

    /// <summary>Does an act that may be done twice: again, on a new connection and after a pause that grows, where the one it began on broke.</summary>
    /// <param name="act">What is done, for a message.</param>
    public async Task<T> RunAsync<T>(string act, Func<SftpSession, CancellationToken, Task<T>> run, CancellationToken cancellationToken) =>
        await _retrying.ExecuteAsync(async token => await RunOnceAsync(act, run, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    public Task RunAsync(string act, Func<SftpSession, CancellationToken, Task> run, CancellationToken cancellationToken) =>
        RunAsync(act, async (session, token) =>
        {
            await run(session, token).ConfigureAwait(false);
            return true;
        }, cancellationToken);

    /// <summary>Does an act once.</summary>
    public async Task<T> RunOnceAsync<T>(string act, Func<SftpSession, CancellationToken, Task<T>> run, CancellationToken cancellationToken)
    {
        var session = await ConnectedAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await run(session, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SftpConnectionLostException or SftpSilentException)
        {
            throw SshFailures.OfLoss(Store, act, e);
        }
    }

    /// <summary>Tells what a server's refusal means; asks it for the room that is left where that may be why.</summary>
    public async Task<RecoveryException> ExplainAsync(string act, string folder, SftpStatusException error, CancellationToken cancellationToken)
    {
        SftpRoom? room = null;
        if (error.Status == SftpStatus.Failure)
        {
            try
            {
                room = await RunOnceAsync(act, (session, token) => session.FindRoomAsync(folder, token), cancellationToken).ConfigureAwait(false);
            }
            catch (RecoveryException)
            {
                // It cannot be asked any more; what it said first stays what is told.
            }
        }

        return SshFailures.OfStatus(Store, act, room, error);
    }

    public void Dispose()
    {
        _disposed = true;
        _session?.Dispose();
    }

    private async Task<SftpSession> ConnectedAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(SftpBlobStore));
        if (Volatile.Read(ref _session) is { IsAlive: true } alive)
        {
            return alive;
        }

        await _connecting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_session is { IsAlive: true } made)
            {
                return made;
            }

            _session?.Dispose();
            _session = null;
            var connection = await SshConnection.OpenAsync(_options, _patience, cancellationToken).ConfigureAwait(false);
            try
            {
                var session = await SftpSession.BeginAsync(connection, _patience.Answer, cancellationToken).ConfigureAwait(false);
                Volatile.Write(ref _session, session);
                return session;
            }
            catch (SubsystemRefusedException e)
            {
                throw new StoreFailedException(Store, "opening SFTP", e.Message, e);
            }
            catch (Exception e) when (e is SftpConnectionLostException or SftpSilentException or SshException)
            {
                throw SshFailures.OfLoss(Store, "opening SFTP", e);
            }
        }
        finally
        {
            _connecting.Release();
        }
    }
}
