using System.Management.Automation;
using DrPowerShell.Core.Ports;
using DrPowerShell.Module.Errors;

namespace DrPowerShell.Module.Pipeline;

/// <summary>
/// The base of every cmdlet: it turns the product's exceptions into error records, and runs asynchronous work so that a stopped pipeline leaves
/// nothing running.
/// </summary>
/// <remarks>
/// A cmdlet overrides <see cref="Begin"/>, <see cref="Process"/> and <see cref="End"/> (never the engine's own three) and calls
/// <see cref="Run"/> with the work to do. What they throw becomes a terminating error; an error of one item among many goes through
/// <see cref="RunItem"/> or <see cref="IPipelineOutput.WriteError"/> and is non-terminating. Session state, ShouldProcess and paths belong to
/// the pipeline thread: ask for them before and between the runs.
/// </remarks>
public abstract class DrCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private volatile PipelinePump? _pump;
    private PipelineScripts? _scripts;
    private bool _disposed;

    /// <summary>Cancelled when the pipeline is stopped.</summary>
    protected CancellationToken StopToken => _stopping.Token;

    /// <summary>Runs the user's scripts on the pipeline thread, for the work that <see cref="Run"/> has under way.</summary>
    private protected IScriptRunner Scripts => _scripts ??= new PipelineScripts(this, (act, token) =>
        (_pump ?? throw new InvalidOperationException("Scripts run while the command works, and it does not.")).ServeAsync(act, token));

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Once, before any input: checks parameters and opens what all items share.</summary>
    protected virtual void Begin()
    {
    }

    /// <summary>Once an input record; once where there is no pipeline input.</summary>
    protected virtual void Process()
    {
    }

    /// <summary>Once, after all input.</summary>
    protected virtual void End()
    {
    }

    /// <summary>Runs work on the pool and writes what it gives out until it has finished.</summary>
    /// <param name="work">The work; it must obey its token. Its exceptions come out of this call.</param>
    /// <exception cref="PipelineStoppedException">The pipeline was stopped; the work has ended before this is thrown.</exception>
    protected void Run(Func<IPipelineOutput, CancellationToken, Task> work)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        using var pump = new PipelinePump(this, cancellation);
        try
        {
            _pump = pump;
            pump.Run(work);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        finally
        {
            _pump = null;
        }

        if (_stopping.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Runs work that has a result; see <see cref="Run"/>.</summary>
    protected T Run<T>(Func<IPipelineOutput, CancellationToken, Task<T>> work)
    {
        var result = default(T);
        Run(async (output, token) => { result = await work(output, token).ConfigureAwait(false); });
        return result!;
    }

    /// <summary>Runs the work of one item: a failure of it is written as a non-terminating error, and the next item has its turn.</summary>
    /// <param name="target">The user's input, as target of an error that does not name its own.</param>
    /// <param name="work">The work.</param>
    /// <returns>Whether it succeeded.</returns>
    protected bool RunItem(object? target, Func<IPipelineOutput, CancellationToken, Task> work) => Item(target, () => Run(work));

    /// <summary>Does the part of an item's work that belongs to the pipeline thread, with errors as in <see cref="RunItem"/>.</summary>
    /// <param name="target">The user's input, as target of an error that does not name its own.</param>
    /// <param name="work">The work.</param>
    /// <param name="terminating">Whether a failure ends the command: where there is but the one item.</param>
    /// <returns>Whether it succeeded.</returns>
    protected bool Item(object? target, Action work, bool terminating = false)
    {
        try
        {
            work();
            return true;
        }
        catch (Exception e) when (ErrorMapper.TryMap(e, target, out var record))
        {
            if (terminating)
            {
                ThrowTerminatingError(record);
            }

            WriteError(record);
            return false;
        }
    }

    /// <summary>The files that <c>-Path</c> (wildcards) or <c>-LiteralPath</c> name, as full paths.</summary>
    /// <exception cref="PathNotFoundException">One of them names nothing.</exception>
    /// <exception cref="PathNotFileSystemException">One of them lies on another provider's drive, such as the registry.</exception>
    protected IReadOnlyList<string> ResolveFiles(IEnumerable<string> paths, bool literal) => SessionPaths.Existing(this, paths, literal);

    /// <summary>A path that need not exist, without wildcards, relative to the session's location.</summary>
    /// <exception cref="PathNotFileSystemException">It lies on another provider's drive.</exception>
    protected string ResolveDestination(string path) => SessionPaths.Destination(this, path);

    /// <inheritdoc/>
    protected sealed override void BeginProcessing() => Guard(Begin);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => Guard(Process);

    /// <inheritdoc/>
    protected sealed override void EndProcessing() => Guard(End);

    /// <inheritdoc/>
    protected sealed override void StopProcessing()
    {
        lock (_stopping)
        {
            if (!_disposed)
            {
                _stopping.Cancel();
            }
        }
    }

    /// <summary>Closes what the cmdlet holds; also called when the pipeline was stopped.</summary>
    protected virtual void Dispose(bool disposing)
    {
        lock (_stopping)
        {
            if (!_disposed)
            {
                _disposed = true;
                _stopping.Dispose();
            }
        }
    }

    private void Guard(Action hook)
    {
        try
        {
            hook();
        }
        catch (Exception e) when (ErrorMapper.TryMap(e, target: null, out var record))
        {
            ThrowTerminatingError(record);
        }
    }
}
