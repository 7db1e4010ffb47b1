using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DrPowerShell.Testing.Etcd;

/// <summary>
/// A cluster of real etcd members that are started and stopped by commands, as an estate describes them: each with a configuration file, a data
/// directory and scripts of its own. Ended and removed on dispose.
/// </summary>
public sealed class ServiceCluster : IAsyncDisposable
{
    private readonly TempFolder folder = new("served");
    private readonly TestCertificates? certificates;
    private readonly Func<string, string?> user;
    private HttpClient? http;

    /// <summary>Plans one and writes its files; nothing is started.</summary>
    /// <param name="release">The etcd.</param>
    /// <param name="members">How many: m1, m2 and so on.</param>
    /// <param name="tls">With certificates on both sides, between the members too.</param>
    /// <param name="user">Whom each member runs as, who owns its data directory; needs root. Null for the user who runs the tests.</param>
    public ServiceCluster(EtcdRelease release, int members = 3, bool tls = false, Func<string, string?>? user = null)
    {
        (Release, IsTls, this.user) = (release, tls, user ?? (_ => null));
        certificates = tls ? new TestCertificates(folder.CreateFolder("tls")) : null;
        Plan = EtcdTestCluster.Plan(members, tls, tls);
        foreach (var member in Plan.Members)
        {
            Directory.CreateDirectory(this[member.Name, "run"]);
            WriteConfiguration(member);
            WriteScripts(member);
        }
    }

    public EtcdRelease Release { get; }

    public EtcdClusterPlan Plan { get; }

    public bool IsTls { get; }

    public TestCertificates Certificates => certificates ?? throw new InvalidOperationException("The cluster has no TLS.");

    public string Folder => folder.FullName;

    /// <summary>The user and password of root, once authentication is on.</summary>
    public (string User, string Password)? Root { get; private set; }

    /// <summary>How each member's host is reached, as lines of YAML below its name; the default is this machine.</summary>
    public Func<string, string> Host { get; init; } = _ => "type: local";

    /// <summary>What a member's section says of its service, as lines of YAML; null for its own commands and configuration.</summary>
    public Func<string, string>? Service { get; init; }

    /// <summary>Lines of YAML that the cluster's section gets besides.</summary>
    public string More { get; set; } = "";

    /// <summary>Lines of YAML at the top of the estate besides, such as repositories.</summary>
    public string MoreEstate { get; set; } = "";

    public string this[params string[] names] => folder[names];

    public string Data(string member) => this[member, "data"];

    /// <summary>Starts members, all of them where none is named, and waits until the quorum answers.</summary>
    public async Task StartAsync(params string[] members)
    {
        foreach (var member in members is [] ? [.. Plan.Members.Select(m => m.Name)] : members)
        {
            (await Command.RunAsync("/bin/sh", [this[member, "start.sh"]])).ThrowIfFailed();
        }

        await Eventually.IsTrueAsync(async () => (await EtcdctlAsync("get", "health")).ExitCode == 0, "the quorum answers", TimeSpan.FromSeconds(60));
    }

    /// <summary>Ends members by their pid with SIGKILL, all of them where none is named; together, so that none is left alone for long.</summary>
    public async Task KillAsync(params string[] members)
    {
        var kills = (members is [] ? [.. Plan.Members.Select(m => m.Name)] : members).Select(member => Command.RunAsync("/bin/sh", [this[member, "kill.sh"]]));
        foreach (var kill in await Task.WhenAll(kills))
        {
            kill.ThrowIfFailed();
        }
    }

    /// <summary>Whether a member's process lives.</summary>
    public async Task<bool> IsRunningAsync(string member) => (await Command.RunAsync("/bin/sh", [this[member, "status.sh"]])).ExitCode == 0;

    /// <summary>Turns authentication on.</summary>
    public async Task EnableAuthAsync()
    {
        const string Password = EtcdTestCluster.DefaultRootPassword;
        (await EtcdctlAsync("user", "add", "root:" + Password)).ThrowIfFailed();
        (await EtcdctlAsync("user", "grant-role", "root", "root")).ThrowIfFailed();
        if (IsTls)
        {
            // Whom the certificate of clients names.
            (await EtcdctlAsync("user", "add", "dr-client:" + Password)).ThrowIfFailed();
            (await EtcdctlAsync("user", "grant-role", "dr-client", "root")).ThrowIfFailed();
        }

        (await EtcdctlAsync("auth", "enable")).ThrowIfFailed();
        Root = ("root", Password);
        File.WriteAllText(this["root.password"], Password);
    }

    /// <summary>Runs the real etcdctl against all members.</summary>
    public Task<CommandResult> EtcdctlAsync(params string[] arguments) => EtcdctlAtAsync(string.Join(',', Plan.Members.Select(m => EtcdClusterPlan.Text(m.ClientUrl))), arguments);

    public Task<CommandResult> EtcdctlAtAsync(string endpoints, params string[] arguments) =>
        Command.RunAsync(Release.Etcdctl, [.. arguments, .. Flags(endpoints), arguments is ["snapshot", ..] ? "--command-timeout=60s" : "--command-timeout=5s"], new Dictionary<string, string?> { ["ETCDCTL_API"] = "3" });

    /// <summary>Watches all keys with a prefix from now on, through whichever member answers: as root by password, or as whom its certificate names.</summary>
    public EtcdWatch Watch(string prefix, bool byPassword = false) =>
        new(Release.Etcdctl, ["watch", "--prefix", prefix, .. Flags(string.Join(',', Plan.Members.Select(m => EtcdClusterPlan.Text(m.ClientUrl))), byPassword)]);

    /// <summary>A witness that reads and writes through one member; authentication is on or off by now.</summary>
    public Task<EtcdLoad> OpenLoadAsync(int member = 0)
    {
        if (http is null)
        {
            using var server = IsTls ? Certificates.Server.Load() : null;
            http = GatewayHttp.Create(server is null ? null : (Certificates.GatewayClient, server.GetCertHashString(HashAlgorithmName.SHA256)), TimeSpan.FromSeconds(20));
        }

        return EtcdLoad.OpenAsync(http, Plan.Members[member].ClientUrl, Root?.Password);
    }

    /// <summary>Writes the estate that describes it, with the cluster's name prod, and returns its path.</summary>
    public string WriteEstate()
    {
        var text = new StringBuilder();
        text.Append("hosts:\n");
        foreach (var member in Plan.Members)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {member.Name}-host:\n{Indented(Host(member.Name), 4)}");
        }

        text.Append("clusters:\n  prod:\n");
        text.Append(CultureInfo.InvariantCulture, $"    endpoints: [{string.Join(", ", Plan.Members.Select(m => EtcdClusterPlan.Text(m.ClientUrl)))}]\n");
        if (IsTls)
        {
            text.Append(CultureInfo.InvariantCulture, $"    caCertificate: {Certificates.AuthorityFile}\n    certificate: {Certificates.Client.CertificateFile}\n    certificateKey: {Certificates.Client.KeyFile}\n");
        }

        if (Root is { } root)
        {
            text.Append(CultureInfo.InvariantCulture, $"    user: {root.User}\n    password: file:{this["root.password"]}\n");
        }

        text.Append("    members:\n");
        foreach (var member in Plan.Members)
        {
            text.Append(CultureInfo.InvariantCulture, $"      {member.Name}:\n        host: {member.Name}-host\n");
            if (Service is not null)
            {
                text.Append(Indented(Service(member.Name), 8));
                continue;
            }

            text.Append(CultureInfo.InvariantCulture, $"        configuration: {this[member.Name, "etcd.yaml"]}\n        service:\n          type: command\n          name: etcd-{member.Name}\n");
            foreach (var act in new[] { "start", "stop", "status" })
            {
                text.Append(CultureInfo.InvariantCulture, $"          {act}: /bin/sh {this[member.Name, act + ".sh"]}\n");
            }
        }

        text.Append(Indented(More, 4)).Append(MoreEstate);
        var path = this["estate.yaml"];
        File.WriteAllText(path, text.ToString());
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return path;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        http?.Dispose();
        folder.Dispose();
    }

    private List<string> Flags(string endpoints, bool byPassword = true)
    {
        List<string> flags = ["--endpoints=" + endpoints, "--dial-timeout=2s"];
        if (IsTls)
        {
            flags.AddRange(["--cacert=" + Certificates.AuthorityFile, "--cert=" + Certificates.Client.CertificateFile, "--key=" + Certificates.Client.KeyFile]);
        }

        if (byPassword && Root is { } root)
        {
            flags.Add($"--user={root.User}:{root.Password}");
        }

        return flags;
    }

    private static string Indented(string lines, int by) =>
        string.Concat(lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => new string(' ', by) + line + "\n"));

    private void WriteConfiguration(PlannedMember member)
    {
        var text = $"""
            # The configuration of {member.Name}: every comment here must survive a restore.
            name: {member.Name}   # its name
            data-dir: {Data(member.Name)}
            listen-client-urls: {EtcdClusterPlan.Text(member.ClientUrl)}
            advertise-client-urls: {EtcdClusterPlan.Text(member.ClientUrl)}
            listen-peer-urls: {EtcdClusterPlan.Text(member.PeerUrl)}
            initial-advertise-peer-urls: {EtcdClusterPlan.Text(member.PeerUrl)}
            initial-cluster: {Plan.InitialCluster}
            initial-cluster-state: new
            initial-cluster-token: {Plan.Token} # changed by a restore
            heartbeat-interval: 100
            election-timeout: 1000
            enable-grpc-gateway: true

            """.ReplaceLineEndings("\n");
        if (IsTls)
        {
            text += $"""
                client-transport-security:
                  cert-file: {Certificates.Server.CertificateFile}
                  key-file: {Certificates.Server.KeyFile}
                  client-cert-auth: true
                  trusted-ca-file: {Certificates.AuthorityFile}
                peer-transport-security:
                  cert-file: {Certificates.Server.CertificateFile}
                  key-file: {Certificates.Server.KeyFile}
                  client-cert-auth: true
                  trusted-ca-file: {Certificates.AuthorityFile}

                """.ReplaceLineEndings("\n");
        }

        File.WriteAllText(this[member.Name, "etcd.yaml"], text);
    }

    private void WriteScripts(PlannedMember member)
    {
        // In a folder of their own: whom the member runs as may own no other.
        var (pid, log) = (this[member.Name, "run", "pid"], this[member.Name, "run", "etcd.log"]);
        var become = user(member.Name) is { } name ? $"[ \"$(id -u)\" != 0 ] || exec setpriv --reuid {name} --regid \"$(id -g {name})\" --init-groups /bin/sh \"$0\"\n" : "";
        // Dead and not waited for is gone, but not while others of its threads still hold its files. It is asked often, so that it starts no program.
        var alive = $$"""
            alive() {
              [ -f {{pid}} ] && read -r p <{{pid}} && read -r s <"/proc/$p/stat" || return 1
              case ${s##*) } in Z*) set -- /proc/"$p"/task/*; [ $# -gt 1 ] ;; esac
            } 2>/dev/null

            """.ReplaceLineEndings("\n");
        var wait = $"n=0; while alive; do n=$((n+1)); [ $n -gt 100 ] && kill -9 $p 2>/dev/null; [ $n -gt 150 ] && exit 1; sleep 0.1; done; rm -f {pid}; exit 0";
        Script("status.sh", "if alive; then exit 0; else exit 3; fi");
        Script("start.sh", $"alive && exit 0\nsetsid {Release.Etcd} --config-file {this[member.Name, "etcd.yaml"]} >>{log} 2>&1 </dev/null &\necho $! >{pid}.new && mv {pid}.new {pid}");
        Script("stop.sh", $"alive || exit 0\nkill $p\n{wait}");
        Script("kill.sh", $"alive || exit 0\nkill -9 $p\n{wait}");
        void Script(string name, string body) => File.WriteAllText(this[member.Name, name], "#!/bin/sh\n" + become + alive + body + "\n");
    }
}
