using System.Diagnostics;

namespace DrPowerShell.Testing;

/// <summary>Starts a script of tests/services that holds a server for as long as this process lives.</summary>
internal static class HeldService
{
    /// <summary>Where the scripts keep all state.</summary>
    public static string Folder => Path.GetFullPath(
        Environment.GetEnvironmentVariable("DR_SERVICES") is { Length: > 0 } given ? given : Path.Combine(RepositoryPaths.Root, ".services"));

    public static string Script(string name) => Path.Combine(RepositoryPaths.ServiceScripts, name);

    /// <summary>Starts it and reads the facts that it prints.</summary>
    public static async Task<(Process Holder, IReadOnlyDictionary<string, string> Facts)> StartAsync(
        string script, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Script("hold.sh"), [script, .. arguments])
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var holder = Process.Start(start)!;
        var lines = new List<string>();
        while (await holder.StandardOutput.ReadLineAsync() is { Length: > 0 } line)
        {
            lines.Add(line);
        }

        return lines.Count > 0 ? (holder, Facts(lines)) : throw new InvalidOperationException($"{script} could not start: see its logs above.");
    }

    /// <summary>Ends it and waits until it has ended.</summary>
    public static async Task StopAsync(Process holder)
    {
        holder.StandardInput.Close();
        await holder.WaitForExitAsync();
        holder.Dispose();
    }

    /// <summary>KEY=VALUE lines.</summary>
    public static Dictionary<string, string> Facts(IEnumerable<string> lines) =>
        lines.Where(line => line.Contains('=', StringComparison.Ordinal)).Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
}
