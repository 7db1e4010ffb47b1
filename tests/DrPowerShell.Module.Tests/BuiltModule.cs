using System.Management.Automation;
using System.Text.RegularExpressions;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;

namespace DrPowerShell.Module.Tests;

/// <summary>The built module as a whole, imported once: its manifest, its cmdlets, its folder.</summary>
public sealed partial class BuiltModule : IDisposable
{
    public BuiltModule()
    {
        Session = new ModuleSession();
        Info = (PSModuleInfo)Session.Run("Test-ModuleManifest $manifest", ("manifest", ManifestPath)).Succeed().Output.Single().BaseObject;
        Cmdlets = [.. Session.Run("Get-Command -Module DrPowerShell").Succeed().Output.Select(command => (CmdletInfo)command.BaseObject)];
    }

    public static string Folder => RepositoryPaths.Module;

    public static string ManifestPath => Path.Combine(Folder, "DrPowerShell.psd1");

    /// <summary>Every file, relative to the module's folder and with forward slashes.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Folder, path).Replace('\\', '/'))];

    internal ModuleSession Session { get; }

    /// <summary>What Test-ModuleManifest returns.</summary>
    internal PSModuleInfo Info { get; }

    internal IReadOnlyList<CmdletInfo> Cmdlets { get; }

    /// <summary>Names in a text that only cmdlets of this module can mean, whether they exist or not.</summary>
    internal static IEnumerable<string> NamesOfOurs(string text) => OurName().Matches(text).Select(match => match.Value).Distinct(StringComparer.OrdinalIgnoreCase);

    public void Dispose() => Session.Dispose();

    [GeneratedRegex(@"\b[A-Z][a-z]+-(Etcd|Snapshot|Recovery|Failover|Drill|Restore)[A-Za-z]*\b")]
    private static partial Regex OurName();
}
