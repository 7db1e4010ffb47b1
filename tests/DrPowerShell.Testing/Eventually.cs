namespace DrPowerShell.Testing;

/// <summary>Waits for a measured condition with a deadline, in place of a fixed sleep.</summary>
public static class Eventually
{
    /// <summary>Polls until the condition holds; throws <see cref="TimeoutException"/> naming what was waited for.</summary>
    public static Task IsTrueAsync(Func<bool> condition, string what, TimeSpan? within = null, CancellationToken cancellationToken = default) =>
        IsTrueAsync(() => Task.FromResult(condition()), what, within, cancellationToken);

    /// <summary>Polls until the condition holds; what it throws counts as not yet, and is told when the deadline passes.</summary>
    public static async Task IsTrueAsync(
        Func<Task<bool>> condition, string what, TimeSpan? within = null, CancellationToken cancellationToken = default)
    {
        var deadline = DateTimeOffset.UtcNow + (within ?? TimeSpan.FromSeconds(30));
        Exception? last = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                if (await condition())
                {
                    return;
                }

                last = null;
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                last = e;
            }

            if (DateTimeOffset.UtcNow >= deadline)
            {
                throw new TimeoutException($"Not within the deadline: {what}. {last?.Message}", last);
            }

            await Task.Delay(20, cancellationToken);
        }
    }
}
