using System.Management.Automation;

namespace DrPowerShell.Module.Connections;

/// <summary>Closes the session's connections and sandboxes when the module is removed.</summary>
public sealed class ModuleLifetime : IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => DrSession.Current.Close();
}
