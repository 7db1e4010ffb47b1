using Amazon.S3;

namespace DrPowerShell.Providers.S3;

/// <summary>
/// Makes the requests of one store: each with a time limit of its own, repeated with growing pauses while the disturbance may pass. The SDK's
/// own repetitions are off: it would not tell a hung server from a slow one.
/// </summary>
internal sealed class S3Caller(IAmazonS3 client, S3Failures failures, S3Patience patience) : IDisposable
{
    public S3Failures Failures => failures;

    public S3Patience Patience => patience;

    /// <summary>Makes a request.</summary>
    /// <param name="act">What it does, for messages.</param>
    /// <param name="call">The request, begun anew at each attempt.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="bytes">How many bytes it sends: they take their time.</param>
    /// <param name="expected">Answers that the caller takes as such: they are thrown as they came.</param>
    /// <param name="retries">How often it is repeated; null for the usual number.</param>
    public async Task<T> CallAsync<T>(
        string act,
        Func<IAmazonS3, CancellationToken, Task<T>> call,
        CancellationToken cancellationToken,
        long bytes = 0,
        Func<AmazonS3Exception, bool>? expected = null,
        int? retries = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(patience.For(bytes));
            try
            {
                return await call(client, limit.Token).ConfigureAwait(false);
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
            catch (AmazonS3Exception e) when (expected?.Invoke(e) == true)
            {
                throw;
            }
            catch (Exception e) when (attempt > (retries ?? patience.Retries) || !S3Failures.MayPass(e))
            {
                throw failures.Typed(act, e);
            }
            catch (Exception)
            {
                await Task.Delay(patience.Pause(attempt), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public void Dispose() => client.Dispose();
}
