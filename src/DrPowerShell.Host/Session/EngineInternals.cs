using System.Management.Automation.Runspaces;
using System.Reflection;

namespace DrPowerShell.Host.Session;

/// <summary>The one switch of the engine that a host of script files needs and that it keeps to itself.</summary>
internal static class EngineInternals
{
    /// <summary>
    /// Lets <c>exit</c> in the next script file reach the host. Without it the engine turns <c>exit N</c> into $LASTEXITCODE, which a native
    /// program's exit code looks the same as.
    /// </summary>
    /// <returns>Whether the engine knows the switch.</returns>
    public static bool LetExitReachHost(Runspace runspace)
    {
        const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic;
        var context = typeof(Runspace).GetProperty("GetExecutionContext", Hidden)?.GetValue(runspace)
            ?? typeof(Runspace).GetProperty("ExecutionContext", Hidden)?.GetValue(runspace);
        var property = context?.GetType().GetProperty("ScriptCommandProcessorShouldRethrowExit", Hidden);
        property?.SetValue(context, true);
        return property is not null;
    }
}
