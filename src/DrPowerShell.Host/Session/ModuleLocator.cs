namespace DrPowerShell.Host.Session;

/// <summary>Finds the module: next to the program as it is shipped, or in the <c>out</c> folder of the tree it was built in.</summary>
internal static class ModuleLocator
{
    private const string Name = "DrPowerShell";

    /// <summary>The module's folder, null when it was not built.</summary>
    public static string? Find(string programFolder)
    {
        for (var folder = new DirectoryInfo(programFolder); folder is not null; folder = folder.Parent)
        {
            foreach (var candidate in new[] { Path.Combine(folder.FullName, Name), Path.Combine(folder.FullName, "out", Name) })
            {
                if (File.Exists(Path.Combine(candidate, Name + ".psd1")))
                {
                    return candidate;
                }
            }
        }

        return null;
    }
}
