namespace DrPowerShell.Host.Commands;

/// <summary>The cmdlets that come with pwsh in modules of its own, which this host does not carry.</summary>
internal static class PowerShellCatalog
{
    private static readonly Lazy<Dictionary<string, string>> Modules = new(Read);

    /// <summary>The module of pwsh that holds a cmdlet, null for a name that pwsh does not bring.</summary>
    public static string? FindModule(string cmdlet) => Modules.Value.GetValueOrDefault(cmdlet);

    private static Dictionary<string, string> Read()
    {
        var modules = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        using var stream = typeof(PowerShellCatalog).Assembly.GetManifestResourceStream("PowerShellCmdlets.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            foreach (var name in line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                modules[name] = line[..colon];
            }
        }

        return modules;
    }
}
