using System.Collections;
using System.Management.Automation;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Completion;

/// <summary>Reads names from the estate for completion: never a secret, never the network, and never an error at the prompt.</summary>
internal static class EstateNames
{
    public static IEnumerable<(string Name, string ToolTip)> Of(IDictionary bound, Func<Estate, IEnumerable<(string, string)>> names)
    {
        try
        {
            var path = (bound["Estate"] ?? bound["Path"]) as string;
            path = path is null || Path.IsPathFullyQualified(path) ? path : Resolve(path);
            return EstateFile.TryFind(path) is null ? [] : [.. names(EstateFile.Load(path))];
        }
        catch (Exception e) when (e is RecoveryException or IOException or UnauthorizedAccessException or RuntimeException or InvalidOperationException)
        {
            return [];
        }
    }

    public static IEnumerable<(string Name, string ToolTip)> Repositories(IDictionary bound) =>
        Of(bound, estate => estate.RepositoryNames.Select(name => (name, estate.Repositories[name].Uri)));

    public static IEnumerable<(string Name, string ToolTip)> Schedules(IDictionary bound) =>
        Of(bound, estate => estate.Schedules.Values.Select(one => (one.Name, $"{one.Cluster} to {one.Repository}, {one.Expression}")));

    public static IEnumerable<(string Name, string ToolTip)> Clusters(IDictionary bound) =>
        Of(bound, estate => estate.Clusters.Select(one => (one.Key, string.Join(", ", one.Value.Endpoints.Select(endpoint => endpoint.Authority)))));

    // Completion runs inside a pipeline of the session, where the runspace's own proxy refuses: a nested one is asked for the location.
    private static string Resolve(string path)
    {
        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        shell.AddScript("$ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($args[0])").AddArgument(path);
        return shell.Invoke<string>()[0];
    }
}
