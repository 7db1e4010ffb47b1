namespace DrPowerShell.Testing.Etcd;

/// <summary>
/// The real etcd releases that the tests run against: 3.4 and 3.5 from Debian packages, installed by <c>tests/services/etcd.sh</c> where
/// they are missing, and 3.6 where the environment variable <c>DR_ETCD36</c> names a folder with etcd, etcdctl and etcdutl.
/// </summary>
public static class EtcdBinaries
{
    // The suites to take a release from, best first: unstable has the newest 3.5, until it moves on.
    private static readonly (string Name, string[] Suites)[] Sources = [("3.4", ["bookworm"]), ("3.5", ["sid", "trixie"])];

    private static readonly Lazy<IReadOnlyList<EtcdRelease>> Found = new(FindAll);

    /// <summary>Every release, oldest first; with <c>DR_ETCD_RELEASES=newest</c> the newest that Debian has, which a second runtime is held against.</summary>
    public static IReadOnlyList<EtcdRelease> All { get; } = Environment.GetEnvironmentVariable("DR_ETCD_RELEASES") == "newest" ? [Found.Value.Single(r => r.Name == "3.5")] : Found.Value;

    /// <summary>The releases that have a separate etcdutl.</summary>
    public static IEnumerable<EtcdRelease> WithEtcdutl => All.Where(r => r.Etcdutl is not null);

    /// <summary>Theory rows, for <c>[MemberData(nameof(EtcdBinaries.Rows), MemberType = typeof(EtcdBinaries))]</c>.</summary>
    public static IEnumerable<object[]> Rows() => All.Select(r => new object[] { r });

    public static EtcdRelease V34 => Get("3.4");

    public static EtcdRelease V35 => Get("3.5");

    /// <summary>The release of that name; throws where there is none.</summary>
    public static EtcdRelease Get(string name) =>
        Found.Value.FirstOrDefault(r => r.Name == name) ?? throw new InvalidOperationException($"No etcd {name} is installed here.");

    private static List<EtcdRelease> FindAll()
    {
        var releases = Sources.Select(source => Install(source.Name, source.Suites)).ToList();
        if (Environment.GetEnvironmentVariable("DR_ETCD36") is { Length: > 0 } folder)
        {
            releases.Add(FromFolder("3.6", folder));
        }
        else
        {
            Console.Error.WriteLine("DR_ETCD36 is not set: these tests run against etcd 3.4 and 3.5 only.");
        }

        return releases;
    }

    private static EtcdRelease Install(string name, string[] suites)
    {
        var tried = new List<string>();
        foreach (var suite in suites)
        {
            // The script holds a file lock while it installs: test processes that start together wait for the first one.
            var run = Run(Path.Combine(RepositoryPaths.ServiceScripts, "etcd.sh"), suite).ThrowIfFailed();
            var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split('=', 2))
                .ToDictionary(pair => pair[0], pair => pair[1]);
            var version = lines["ETCD_VERSION"];
            if (version.StartsWith(name + ".", StringComparison.Ordinal))
            {
                return new EtcdRelease(name, version, lines["ETCD"], lines["ETCDCTL"], lines.GetValueOrDefault("ETCDUTL"));
            }

            tried.Add($"{suite} has {version}");
        }

        throw new InvalidOperationException($"No Debian suite has etcd {name}: {string.Join(", ", tried)}.");
    }

    private static EtcdRelease FromFolder(string name, string folder)
    {
        string Tool(string tool) => File.Exists(Path.Combine(folder, tool))
            ? Path.Combine(folder, tool)
            : throw new FileNotFoundException($"DR_ETCD36 names {folder}, which has no {tool}.");

        var printed = Run(Tool("etcd"), "--version").ThrowIfFailed().Output;
        var version = printed.Split('\n')[0].Replace("etcd Version: ", "", StringComparison.Ordinal).Trim();
        return version.StartsWith(name + ".", StringComparison.Ordinal)
            ? new EtcdRelease(name, version, Tool("etcd"), Tool("etcdctl"), Tool("etcdutl"))
            : throw new InvalidOperationException($"DR_ETCD36 names an etcd {version}, not {name}.");
    }

    private static CommandResult Run(string program, params string[] arguments) =>
        Task.Run(() => Command.RunAsync(program, arguments, timeout: TimeSpan.FromMinutes(5))).GetAwaiter().GetResult();
}
