using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using DrPowerShell.Testing;

namespace DrPowerShell.Benchmarks.Acts;

/// <summary>How long <c>Import-Module</c> takes in a PowerShell engine that has just begun: there is no second first time in one process.</summary>
internal static class ImportTime
{
    public const string Name = "import";

    public const double LimitSeconds = 0.060;

    /// <summary>The manifest of the built module; throws where it is not built.</summary>
    public static string Manifest()
    {
        var path = Path.Combine(RepositoryPaths.Module, "DrPowerShell.psd1");
        return File.Exists(path) ? path : throw new FileNotFoundException($"There is no {path}: dotnet build -c Release src/DrPowerShell.Host makes it.");
    }

    /// <summary>Imports the module; the engine's own command has run before, on a module of one function.</summary>
    public static double Measure()
    {
        using var runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.Open();
        using var warmUp = PowerShell.Create(runspace);
        warmUp.AddScript("Import-Module (New-Module { function Get-Nothing { } })").Invoke();
        using var import = PowerShell.Create(runspace);
        import.AddCommand("Import-Module").AddParameter("Name", Manifest()).AddParameter("ErrorAction", "Stop");
        var clock = Stopwatch.StartNew();
        import.Invoke();
        return clock.Elapsed.TotalSeconds;
    }
}
