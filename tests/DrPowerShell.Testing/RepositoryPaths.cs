namespace DrPowerShell.Testing;

/// <summary>Where the tests find the repository's own things, from whichever folder they run.</summary>
public static class RepositoryPaths
{
    /// <summary>The repository's root: the nearest folder above the running test that holds the solution, or <c>DR_ROOT</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The built, importable module.</summary>
    public static string Module => Path.Combine(Root, "out", "DrPowerShell");

    /// <summary>The golden files.</summary>
    public static string Fixtures => Path.Combine(Root, "tests", "fixtures");

    /// <summary>The runnable examples.</summary>
    public static string Examples => Path.Combine(Root, "examples");

    /// <summary>The scripts that install the real servers.</summary>
    public static string ServiceScripts => Path.Combine(Root, "tests", "services");

    /// <summary>The built <c>drps</c>: the one of the tests' own configuration, else whichever was built last.</summary>
    public static string Drps
    {
        get
        {
            var bin = Path.Combine(Root, "src", "DrPowerShell.Host", "bin");
            var own = Path.Combine(bin, Configuration, "net10.0", DrpsName);
            if (File.Exists(own) || !Directory.Exists(bin))
            {
                return own;
            }

            return Directory.EnumerateFiles(bin, DrpsName, SearchOption.AllDirectories).MaxBy(File.GetLastWriteTimeUtc) ?? own;
        }
    }

    /// <summary>A golden file by its name; throws where it is missing, so that no test passes without it.</summary>
    public static string Fixture(string name)
    {
        var path = Path.Combine(Fixtures, name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"The fixture {name} is missing; tests/fixtures/make.sh makes it.", path);
    }

    private static string DrpsName => OperatingSystem.IsWindows() ? "drps.exe" : "drps";

#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    private static string FindRoot()
    {
        if (Environment.GetEnvironmentVariable("DR_ROOT") is { Length: > 0 } given)
        {
            return Path.GetFullPath(given);
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DrPowerShell.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No DrPowerShell.sln above {AppContext.BaseDirectory}: set DR_ROOT to the repository's root.");
    }
}
