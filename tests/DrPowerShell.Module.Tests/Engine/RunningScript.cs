using System.Management.Automation;

namespace DrPowerShell.Module.Tests.Engine;

/// <summary>A script under way.</summary>
internal sealed class RunningScript : IDisposable
{
    private readonly PowerShell _shell;
    private readonly PSDataCollection<PSObject> _output = [];
    private readonly IAsyncResult _invocation;

    public RunningScript(PowerShell shell)
    {
        _shell = shell;
        _invocation = shell.BeginInvoke<PSObject, PSObject>(null, _output);
    }

    /// <summary>What it has written so far.</summary>
    public PSDataCollection<PSObject> Output => _output;

    public PSDataCollection<VerboseRecord> Verbose => _shell.Streams.Verbose;

    public bool IsRunning => _shell.InvocationStateInfo.State == PSInvocationState.Running;

    /// <summary>Stops it as Ctrl+C does, and returns when the engine says it has stopped.</summary>
    public SessionResult Stop()
    {
        _shell.Stop();
        return Wait();
    }

    public SessionResult Wait()
    {
        Exception? terminating = null;
        try
        {
            _shell.EndInvoke(_invocation);
        }
        catch (RuntimeException e)
        {
            terminating = e;
        }

        return new SessionResult
        {
            State = _shell.InvocationStateInfo.State,
            Output = [.. _output],
            Errors = [.. _shell.Streams.Error],
            Verbose = [.. _shell.Streams.Verbose.Select(record => record.Message)],
            Warnings = [.. _shell.Streams.Warning.Select(record => record.Message)],
            Progress = [.. _shell.Streams.Progress],
            Terminating = terminating,
        };
    }

    public void Dispose() => _shell.Dispose();
}
