using System.Management.Automation;
using System.Management.Automation.Runspaces;
using DrPowerShell.Testing;

namespace DrPowerShell.Module.Tests.Engine;

/// <summary>A real PowerShell session with the built module imported, as a user has it. One pipeline at a time.</summary>
internal sealed class ModuleSession : IDisposable
{
    private readonly Runspace _runspace;

    public ModuleSession()
    {
        _runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        _runspace.Open();
        Run("Import-Module $module -ErrorAction Stop", ("module", RepositoryPaths.Module)).Succeed();
    }

    /// <summary>Runs a script with variables in scope and collects everything it wrote.</summary>
    public SessionResult Run(string script, params (string Name, object? Value)[] variables)
    {
        using var pipeline = Start(script, variables);
        return pipeline.Wait();
    }

    /// <summary>Begins a script that the test goes on to watch or stop.</summary>
    public RunningScript Start(string script, params (string Name, object? Value)[] variables)
    {
        foreach (var (name, value) in variables)
        {
            _runspace.SessionStateProxy.SetVariable(name, value);
        }

        var shell = PowerShell.Create(_runspace);
        // So that what ends a command ends the script, as $ErrorActionPreference = 'Stop' has it in a runbook, and can be told from what does not.
        shell.AddScript($"try {{\n{script}\n}} catch {{ throw }}");
        return new RunningScript(shell);
    }

    public void Dispose() => _runspace.Dispose();
}
