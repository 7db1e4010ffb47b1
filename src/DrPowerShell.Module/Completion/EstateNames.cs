using System.Collections;
using System.Management.Automation;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Completion;

/// <summary>Reads names from the estate for completion: never a secret, never the network, and never an error at the prompt.</summary>
internal static class EstateNames
{
    public static IEnumerable<(string Name, string ToolTip)> Of(IDictionary bound, Func<Estate, IEnumerable<(string, string)>> names)
    {
        try
        {
            var path = bound["Estate"] as string ?? SessionPaths.Named(EstateFile.Variable);
            return EstateFile.TryFind(Full(path)) is { } file ? [.. names(EstateFile.Load(file))] : [];
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

    // A completer has no session state of its own, and the runspace's proxy refuses while a pipeline runs, as one does now.
    internal static string? Full(string? path)
    {
        if (path is null || Path.IsPathFullyQualified(path))
        {
            return path;
        }

        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        return shell.AddScript("$ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($args[0])").AddArgument(path).Invoke<string>().FirstOrDefault() ?? path;
    }
}
