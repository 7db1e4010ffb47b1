using System.Collections.ObjectModel;
using System.Management.Automation;
using DrPowerShell.Core.Journal;
using DrPowerShell.Module.Errors;
using SmaDriveNotFoundException = System.Management.Automation.DriveNotFoundException;

namespace DrPowerShell.Module.Pipeline;

/// <summary>Turns the paths that users type into full file system paths, by the rules of the session: its drives, its location, its wildcards.</summary>
internal static class SessionPaths
{
    private const string FileSystem = "FileSystem";

    public static IReadOnlyList<string> Existing(PSCmdlet cmdlet, IEnumerable<string> paths, bool literal)
    {
        var files = new List<string>();
        foreach (var path in paths)
        {
            files.AddRange(literal ? [Literal(cmdlet, path)] : Matching(cmdlet, path));
        }

        return files;
    }

    public static string Destination(PSCmdlet cmdlet, string path) => Destination(cmdlet.SessionState, path);

    public static string Destination(SessionState session, string path)
    {
        try
        {
            var full = session.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
            return IsFileSystem(provider) ? full : throw new PathNotFileSystemException(path, provider.Name);
        }
        catch (SmaDriveNotFoundException e)
        {
            throw new PathNotFoundException(path, e);
        }
    }

    /// <summary>The folder of this user's state. A relative $env:DRPOWERSHELL_STATE is one of the session's paths, and not one of the process's.</summary>
    public static string State(PSCmdlet cmdlet) => Named(RunFolder.Variable) is { } named ? Destination(cmdlet, named) : RunFolder.State;

    /// <summary>The folder of all runs: the one given, else that of the user's state.</summary>
    public static string Runs(PSCmdlet cmdlet, string? given) => given is null ? RunsIn(State(cmdlet)) : Destination(cmdlet, given);

    /// <summary>The folder of all runs below one of state.</summary>
    public static string RunsIn(string state) => System.IO.Path.Combine(state, "runs");

    /// <summary>What an environment variable says; null where it says nothing.</summary>
    public static string? Named(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named ? named : null;

    private static string Literal(PSCmdlet cmdlet, string path)
    {
        var full = Destination(cmdlet, path);
        return System.IO.Path.Exists(full) ? full : throw new PathNotFoundException(path);
    }

    private static Collection<string> Matching(PSCmdlet cmdlet, string path)
    {
        Collection<string> found;
        ProviderInfo provider;
        try
        {
            found = cmdlet.SessionState.Path.GetResolvedProviderPathFromPSPath(path, out provider);
        }
        catch (Exception e) when (e is ItemNotFoundException or SmaDriveNotFoundException)
        {
            throw new PathNotFoundException(path, e);
        }

        if (!IsFileSystem(provider))
        {
            throw new PathNotFileSystemException(path, provider.Name);
        }

        return found.Count > 0 ? found : throw new PathNotFoundException(path);
    }

    private static bool IsFileSystem(ProviderInfo provider) => string.Equals(provider.Name, FileSystem, StringComparison.OrdinalIgnoreCase);
}
