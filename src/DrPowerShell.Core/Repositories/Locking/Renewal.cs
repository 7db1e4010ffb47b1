namespace DrPowerShell.Core.Repositories.Locking;

/// <summary>Does something again and again until it is disposed, which waits for the last time to end.</summary>
internal sealed class Renewal : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;

    private Renewal(TimeSpan every, Func<CancellationToken, Task> act, TimeProvider time) => _loop = LoopAsync(every, act, time, _end.Token);

    /// <summary>Begins: the first time is one period from now.</summary>
    public static Renewal Begin(TimeSpan every, Func<CancellationToken, Task> act, TimeProvider time) => new(every, act, time);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        try
        {
            await _loop.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // that is how it ends
        }

        _end.Dispose();
    }

    private static async Task LoopAsync(TimeSpan every, Func<CancellationToken, Task> act, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(every, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            await act(cancellationToken).ConfigureAwait(false);
        }
    }
}
