using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace DrPowerShell.Host.Help;

/// <summary>Makes the module's help out of its documentation comments, and tells what is missing in them.</summary>
internal static class HelpBuild
{
    private const string GapCode = "DRPS002";

    /// <returns>The exit code: 0, or 1 when something is missing and nothing may be.</returns>
    public static int Run(CommandLine.BuildHelp order)
    {
        var cmdlets = Cmdlets(order.ModuleFolder);
        var names = cmdlets.ToDictionary(cmdlet => cmdlet.ImplementingType.FullName!, cmdlet => cmdlet.Name, StringComparer.Ordinal);
        var reader = new CmdletHelpReader(new XmlDocumentation(order.DocumentationFolder), new DocumentationText(names));
        var help = cmdlets.OrderBy(cmdlet => cmdlet.Noun, StringComparer.Ordinal).ThenBy(cmdlet => cmdlet.Verb, StringComparer.Ordinal)
            .Select(reader.Read).ToArray();
        MamlWriter.Write(order.OutputFile, help);

        var gaps = help.SelectMany(HelpGaps.Find).ToArray();
        foreach (var gap in gaps)
        {
            Console.WriteLine(order.Strict ? $"help : error {GapCode}: {gap}" : $"help: {gap}");
        }

        return order.Strict && gaps.Length > 0 ? 1 : 0;
    }

    private static CmdletInfo[] Cmdlets(string moduleFolder)
    {
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(moduleFolder));
        var name = Path.GetFileName(folder);
        var state = InitialSessionState.CreateDefault2();
        state.ThrowOnRunspaceOpenError = true;
        state.ImportPSModule([Path.Combine(folder, name + ".psd1")]);
        using var runspace = RunspaceFactory.CreateRunspace(state);
        runspace.Open();
        using var pipeline = PowerShell.Create(runspace);
        pipeline.AddCommand("Get-Command").AddParameter("Module", name).AddParameter("CommandType", CommandTypes.Cmdlet);
        return [.. pipeline.Invoke<CmdletInfo>()];
    }
}
