using System.Collections.Concurrent;
using System.Management.Automation;
using System.Runtime.ExceptionServices;
using DrPowerShell.Module.Errors;

namespace DrPowerShell.Module.Pipeline;

/// <summary>Runs one piece of work on the pool and carries out its writes on the pipeline thread until it has finished.</summary>
/// <remarks>
/// Whatever a write throws (<c>Select-Object -First</c>, a throw downstream, <c>-WarningAction Stop</c>) is held: the work is cancelled, what it
/// still writes is drained, it is joined, and only then the exception goes on. So nothing of the work runs after the cmdlet has returned.
/// </remarks>
internal sealed class PipelinePump(Cmdlet cmdlet, CancellationTokenSource cancellation) : IPipelineOutput, IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);

    private readonly BlockingCollection<Action> _writes = new(boundedCapacity: 512);
    private readonly ProgressBoard _progress = new(cmdlet);
    private ExceptionDispatchInfo? _held;

    /// <summary>Returns when the work has ended; throws what a write threw, else what the work threw.</summary>
    public void Run(Func<IPipelineOutput, CancellationToken, Task> work)
    {
        var task = Task.Run(() => work(this, cancellation.Token), CancellationToken.None);
        _ = task.ContinueWith(_ => _writes.CompleteAdding(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        while (!_writes.IsCompleted)
        {
            if (_writes.TryTake(out var write, Tick) && _held is null)
            {
                Hold(write);
            }

            if (_held is null && !_writes.IsCompleted)
            {
                Hold(_progress.Show);
            }
        }

        if (_held is null)
        {
            Hold(_progress.Complete);
        }

        try
        {
            task.GetAwaiter().GetResult();
        }
        catch (Exception) when (_held is not null)
        {
            // The work was cancelled because of the held exception: that one is the reason.
        }

        _held?.Throw();
    }

    /// <summary>Does something on the pipeline thread, between two writes, and gives its result to the work. Cancelled before its turn, it is not begun.</summary>
    /// <param name="act">Gets a token that is also cancelled with the work.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public async Task<T> ServeAsync<T>(Func<CancellationToken, T> act, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, cancellation.Token);
        var token = either.Token;
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var taken = 0;
        await using var giveUp = token.Register(() =>
        {
            if (Interlocked.Exchange(ref taken, 1) == 0)
            {
                done.TrySetCanceled(token);
            }
        }).ConfigureAwait(false);
        _writes.Add(
            () =>
            {
                if (Interlocked.Exchange(ref taken, 1) == 0)
                {
                    Serve(act, done, token);
                }
            },
            token);
        return await done.Task.ConfigureAwait(false);
    }

    public void WriteObject(object value) => Post(() => cmdlet.WriteObject(value));

    public void WriteVerbose(string text) => Post(() => cmdlet.WriteVerbose(text));

    public void WriteWarning(string text) => Post(() => cmdlet.WriteWarning(text));

    public void WriteError(Exception error, object? target = null)
    {
        if (!ErrorMapper.TryMap(error, target, out var record))
        {
            ExceptionDispatchInfo.Throw(error);
        }

        Post(() => cmdlet.WriteError(record));
    }

    public IProgress<T> Progress<T>(string activity, Func<T, ProgressState> show) => _progress.Add(activity, show);

    public IProgress<string> Steps(string activity) => new StepReporter(this, Progress<string>(activity, static step => new ProgressState(step)));

    public void Dispose() => _writes.Dispose();

    private static void Serve<T>(Func<CancellationToken, T> act, TaskCompletionSource<T> done, CancellationToken token)
    {
        try
        {
            done.TrySetResult(act(token));
        }
        catch (OperationCanceledException)
        {
            done.TrySetCanceled(token);
        }
        catch (PipelineStoppedException)
        {
            // The whole pipeline was stopped: the pump goes the way of any write that is refused.
            done.TrySetCanceled(token);
            throw;
        }
        catch (Exception e)
        {
            done.TrySetException(e);
        }
    }

    private void Post(Action write)
    {
        if (cancellation.IsCancellationRequested)
        {
            return;
        }

        try
        {
            _writes.Add(write);
        }
        catch (InvalidOperationException)
        {
            // A straggler after the work's end: nobody listens any more.
        }
    }

    private void Hold(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e)
        {
            _held = ExceptionDispatchInfo.Capture(e);
            cancellation.Cancel();
        }
    }

    private sealed class StepReporter(PipelinePump pump, IProgress<string> bar) : IProgress<string>
    {
        public void Report(string value)
        {
            pump.WriteVerbose(value);
            bar.Report(value);
        }
    }
}
