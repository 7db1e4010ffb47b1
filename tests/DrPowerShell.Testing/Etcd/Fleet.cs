using System.Globalization;
using DrPowerShell.Testing.Stores;

namespace DrPowerShell.Testing.Etcd;

/// <summary>How the members of a fleet are reached, and who owns what on their machines.</summary>
public enum FleetKind
{
    /// <summary>This machine, as root; the data directories are another user's.</summary>
    Local,

    /// <summary>A server of its own for each, and a user of its own who owns everything and may do nothing else.</summary>
    Ssh,

    /// <summary>A server of its own for each, and an ordinary user with sudo; the data directories are yet another user's, their parents root's.</summary>
    Sudo,
}

/// <summary>A cluster whose members live on a host each: real etcd behind real sshd, each under a user of its own. Ended and removed on dispose; needs root.</summary>
public sealed class Fleet : IAsyncDisposable
{
    // Users that every Debian has, and that own nothing.
    private const string Owner = "daemon";
    private const string Group = "games";

    private readonly Dictionary<string, SshServer> servers;

    private Fleet(FleetKind kind, ServiceCluster cluster, Dictionary<string, SshServer> hosts) => (Kind, Cluster, servers) = (kind, cluster, hosts);

    public FleetKind Kind { get; }

    public ServiceCluster Cluster { get; }

    /// <summary>Makes the hosts and plans the cluster; no member is started.</summary>
    public static async Task<Fleet> CreateAsync(FleetKind kind, EtcdRelease release, int members = 3, bool tls = false)
    {
        var names = Enumerable.Range(1, members).Select(i => string.Create(CultureInfo.InvariantCulture, $"m{i}")).ToList();
        var hosts = new Dictionary<string, SshServer>(StringComparer.Ordinal);
        var login = kind == FleetKind.Sudo ? "sudo" : "plain";
        try
        {
            if (kind != FleetKind.Local)
            {
                foreach (var (name, server) in names.Zip(await Task.WhenAll(names.Select(_ => SshServer.StartAsync(logins: [login])))))
                {
                    hosts.Add(name, server);
                }
            }

            var cluster = new ServiceCluster(release, members, tls, name => kind == FleetKind.Ssh ? hosts[name].Login(login) : Owner)
            {
                Host = name => kind == FleetKind.Local ? "type: local" : Yaml(hosts[name], login),
            };
            var fleet = new Fleet(kind, cluster, hosts);
            foreach (var name in names)
            {
                await fleet.GiveAsync(name);
            }

            return fleet;
        }
        catch
        {
            await EndAsync(hosts.Values);
            throw;
        }
    }

    /// <summary>The server that a member is behind.</summary>
    public SshServer Server(string member) => servers[member];

    /// <summary>Owner, group and mode of a member's data directory.</summary>
    public async Task<string> AttributesAsync(string member) => (await Command.RunAsync("stat", ["-c", "%U:%G %a", Cluster.Data(member)])).ThrowIfFailed().Output.Trim();

    /// <summary>
    /// Every file of a member's machine below a folder of its own, with owner, mode and SHA-256; what a test compares. Logs and pids are left out, and so is
    /// what a member writes by itself: the contents of its data, and the names that its logs have until they are used.
    /// </summary>
    public async Task<string> TreeAsync(string member)
    {
        const string Script = """
            cd "$1" && find . -path ./run -prune -o ! -name '*.tmp' -printf '%y %U:%G %m %P\n' | sort &&
              find . \( -path ./run -o -path ./data/member \) -prune -o -type f -exec sha256sum {} + | sort -k 2
            """;
        return (await Command.RunAsync("/bin/sh", ["-c", Script, "tree", Cluster[member]])).ThrowIfFailed().Output;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in servers.Values)
        {
            await server.SignalSessionsAsync("CONT");
            await server.SignalListenerAsync("CONT");
        }

        await Cluster.DisposeAsync();
        await EndAsync(servers.Values);
    }

    private static async Task EndAsync(IEnumerable<SshServer> hosts)
    {
        foreach (var server in hosts)
        {
            await server.DisposeAsync();
        }
    }

    private static string Yaml(SshServer server, string login) => string.Create(CultureInfo.InvariantCulture, $"""
        address: 127.0.0.1
        port: {server.Port}
        user: {server.Login(login)}
        key: {server.Key}
        knownHosts: [{server.KnownHosts}]
        sudo: {(login == "sudo" ? "true" : "false")}
        """).ReplaceLineEndings("\n");

    // The data directory is there before etcd is, as packages make it: its group is none that etcd's user would give it.
    private async Task GiveAsync(string name)
    {
        const string Script = """
            set -e
            chmod 711 "$1"
            mkdir -m 700 "$2/data"
            [ -z "$4" ] || chown -R "$4:" "$2"
            chown "$3:$5" "$2/data"
            chown "$3" "$2/run"
            """;
        var user = Kind == FleetKind.Ssh ? servers[name].Login("plain") : Owner;
        var (all, group) = Kind == FleetKind.Ssh ? (user, "") : ("", Group);
        (await Command.RunAsync("/bin/sh", ["-c", Script, "give", Cluster.Folder, Cluster[name], user, all, group])).ThrowIfFailed();
        (await Command.RunAsync("setpriv", ["--reuid", user, "--clear-groups", "--regid", "65534", "test", "-x", Cluster.Release.Etcd])).ThrowIfFailed();
    }
}
