using System.Management.Automation;
using System.Runtime.InteropServices;

namespace DrPowerShell.Host.Session;

/// <summary>
/// Ctrl+C (SIGINT) and SIGTERM stop the pipeline, so that cmdlets clean up; a second one ends the process at once.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    public const int Interrupted = 130;
    private const int Terminated = 143;

    private readonly CancellationTokenSource _stopped = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private readonly Lock _lock = new();
    private PowerShell? _running;

    public StopSignals()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, Interrupted));
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, Terminated));
    }

    /// <summary>Cancelled as soon as a signal arrives.</summary>
    public CancellationToken Token => _stopped.Token;

    /// <summary>What the process exits with after a signal; null as long as none arrived.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>Names the pipeline that a signal stops; one that arrived before stops it now.</summary>
    public void Watch(PowerShell pipeline)
    {
        lock (_lock)
        {
            _running = pipeline;
            if (ExitCode is not null)
            {
                pipeline.BeginStop(null, null);
            }
        }
    }

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _stopped.Dispose();
    }

    private void Stop(PosixSignalContext context, int exitCode)
    {
        context.Cancel = true;
        lock (_lock)
        {
            if (ExitCode is not null)
            {
                Environment.Exit(ExitCode.Value);
            }

            ExitCode = exitCode;
            _stopped.Cancel();
            _running?.BeginStop(null, null);
        }
    }
}
