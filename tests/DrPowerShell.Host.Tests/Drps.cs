using DrPowerShell.Testing;

namespace DrPowerShell.Host.Tests;

/// <summary>Runs the built program as a user does, in a process of its own and without a terminal.</summary>
internal static class Drps
{
    /// <summary>A statement that makes the probe cmdlets of this assembly available.</summary>
    public static string ImportProbe { get; } = $"Import-Module '{typeof(Drps).Assembly.Location}';";

    public static Task<CommandResult> RunAsync(params string[] arguments) =>
        Command.RunAsync(RepositoryPaths.Drps, arguments, cancellationToken: TestContext.Current.CancellationToken);

    public static Task<CommandResult> CommandAsync(string text) => RunAsync("-Command", text);

    public static Task<CommandResult> ProbeAsync(string text) => CommandAsync(ImportProbe + text);

    /// <summary>Runs a script of the given text.</summary>
    public static async Task<CommandResult> ScriptAsync(string text, params string[] arguments)
    {
        using var folder = new TempFolder("script");
        var script = folder["probe.ps1"];
        await File.WriteAllTextAsync(script, text, TestContext.Current.CancellationToken);
        return await RunAsync([script, .. arguments]);
    }
}
