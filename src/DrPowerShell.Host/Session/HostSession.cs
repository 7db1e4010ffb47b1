using System.Management.Automation;
using System.Management.Automation.Runspaces;
using DrPowerShell.Host.Commands;
using DrPowerShell.Host.Terminals;
using Microsoft.PowerShell;

namespace DrPowerShell.Host.Session;

/// <summary>One engine with the module imported, in which a script or a command runs to its exit code.</summary>
internal sealed class HostSession : IDisposable
{
    private const int Failed = 1;

    private readonly Terminal _terminal;
    private readonly StopSignals _signals;
    private readonly DrpsHost _host;
    private readonly Runspace _runspace;
    private bool _sawTerminatingError;

    public HostSession(Terminal terminal, StopSignals signals, string? moduleFolder)
    {
        _terminal = terminal;
        _signals = signals;
        var questions = new Questions(terminal, new LineReader(terminal, signals.Token));
        _host = new DrpsHost(new TerminalInterface(terminal, questions), terminal);
        _runspace = RunspaceFactory.CreateRunspace(_host, InitialState(moduleFolder));
        _runspace.Open();

        // The engine puts pwsh's folders on the path as it opens; modules there are made for pwsh, and some would half work here.
        Environment.SetEnvironmentVariable("PSModulePath", moduleFolder is null ? "" : Path.GetDirectoryName(moduleFolder));
        _runspace.SessionStateProxy.InvokeCommand.CommandNotFoundAction += AbsentCmdlet.Resolve;
    }

    public int RunScript(string path, IEnumerable<string> arguments)
    {
        using var pipeline = PowerShell.Create(_runspace);
        var command = new Command(path, isScript: false, useLocalScope: false);
        foreach (var parameter in ScriptArguments.Parse(arguments))
        {
            command.Parameters.Add(parameter);
        }

        pipeline.Commands.AddCommand(command);
        EngineInternals.LetExitReachHost(_runspace);
        return Run(pipeline);
    }

    public int RunCommand(string text)
    {
        using var pipeline = PowerShell.Create(_runspace);
        pipeline.AddScript(text, useLocalScope: false);
        return Run(pipeline);
    }

    public void Dispose() => _runspace.Dispose();

    private static InitialSessionState InitialState(string? moduleFolder)
    {
        var state = InitialSessionState.CreateDefault2();
        state.ThrowOnRunspaceOpenError = true;
        if (moduleFolder is not null)
        {
            state.ImportPSModule([Path.Combine(moduleFolder, Path.GetFileName(moduleFolder) + ".psd1")]);
        }

        if (OperatingSystem.IsWindows())
        {
            // Without pwsh's own configuration the engine would run no script at all.
            state.ExecutionPolicy = ExecutionPolicy.RemoteSigned;
        }

        return state;
    }

    private int Run(PowerShell pipeline)
    {
        pipeline.AddCommand("Out-Default");
        pipeline.Streams.Error.DataAdding += (_, adding) =>
        {
            _sawTerminatingError |= TerminatingErrors.IsBeingReported();
            if (adding.ItemAdded is ErrorRecord record)
            {
                ErrorText.Write(_terminal, record);
            }
        };
        _signals.Watch(pipeline);
        try
        {
            pipeline.Invoke();
        }
        catch (ParseException exception)
        {
            ErrorText.Write(_terminal, exception);
            _sawTerminatingError = true;
        }
        catch (PipelineStoppedException) when (_signals.ExitCode is not null)
        {
            // The signal's exit code says it.
        }
        catch (RuntimeException exception)
        {
            ErrorText.Write(_terminal, exception.ErrorRecord);
            _sawTerminatingError = true;
        }
        finally
        {
            _terminal.Flush();
        }

        return _signals.ExitCode ?? _host.ExitCode ?? (_sawTerminatingError ? Failed : 0);
    }
}
