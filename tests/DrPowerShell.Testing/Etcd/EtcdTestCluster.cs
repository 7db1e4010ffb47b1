using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace DrPowerShell.Testing.Etcd;

/// <summary>A cluster of real etcd processes on free loopback ports, ended and removed on dispose.</summary>
public sealed class EtcdTestCluster : IAsyncDisposable
{
    /// <summary>The root user's password where authentication is turned on and no other one was asked for.</summary>
    public const string DefaultRootPassword = "loopback only: correct horse";

    private readonly TempFolder folder = new("etcd");
    private readonly EtcdClusterOptions options;
    private readonly string? serverCertificateHash;
    private HttpClient? http;

    private EtcdTestCluster(EtcdRelease release, EtcdClusterOptions options)
    {
        (Release, this.options) = (release, options);
        ClusterPlan = options.Plan ?? Plan(options.Members, options.Tls, options.PeerTls);
        Certificates = new TestCertificates(folder.CreateFolder("tls"));
        var server = (options.ServerCertificate ?? (c => c.Server))(Certificates);
        using (var certificate = server.Load())
        {
            serverCertificateHash = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        }

        RootPassword = options.EnableAuth ? options.RootPassword ?? DefaultRootPassword : null;
        Members = [.. ClusterPlan.Members.Select(m => CreateMember(m, server))];
    }

    public EtcdRelease Release { get; }

    public EtcdClusterPlan ClusterPlan { get; }

    public IReadOnlyList<EtcdTestMember> Members { get; }

    /// <summary>The cluster's one-time authority; there also when the cluster runs without TLS.</summary>
    public TestCertificates Certificates { get; }

    /// <summary>The client URLs of all members.</summary>
    public IReadOnlyList<Uri> Endpoints => [.. Members.Select(m => m.ClientUrl)];

    public bool IsTls => Members[0].ClientUrl.Scheme == Uri.UriSchemeHttps;

    /// <summary>The root user's password once authentication is on, else null.</summary>
    public string? RootPassword { get; private set; }

    /// <summary>A client for the members' HTTP side, with the good client certificate, pinned to the members' own certificate.</summary>
    public HttpClient Http => http ??= GatewayHttp.Create(IsTls ? (Certificates.GatewayClient, serverCertificateHash!) : null, TimeSpan.FromSeconds(1));

    /// <summary>Chooses names, free ports and a token for a cluster that is started later.</summary>
    public static EtcdClusterPlan Plan(int members, bool tls = false, bool peerTls = false)
    {
        Uri Url(bool secure) => new($"{(secure ? "https" : "http")}://127.0.0.1:{FreePorts.Next()}");
        var planned = Enumerable.Range(1, members).Select(i => new PlannedMember($"m{i}", Url(tls), Url(peerTls))).ToList();
        return new EtcdClusterPlan(planned, $"dr-{Guid.NewGuid():N}");
    }

    /// <summary>Starts every member and waits until all are healthy; a failure's message shows the members' logs.</summary>
    public static async Task<EtcdTestCluster> StartAsync(EtcdRelease release, EtcdClusterOptions? options = null)
    {
        var cluster = Create(release, options);
        try
        {
            foreach (var member in cluster.Members)
            {
                member.Start();
            }

            await cluster.WaitUntilHealthyAsync();
            if (cluster.options.EnableAuth)
            {
                await cluster.EnableAuthAsync();
            }

            cluster.RootPassword ??= cluster.options.RootPassword;
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Prepares a cluster without starting any member, for tests that start them one by one or expect them to fail.</summary>
    public static EtcdTestCluster Create(EtcdRelease release, EtcdClusterOptions? options = null) => new(release, options ?? new EtcdClusterOptions());

    /// <summary>Starts a member again and waits until it is healthy.</summary>
    public Task StartMemberAsync(int index)
    {
        Members[index].Start();
        return WaitUntilHealthyAsync(Members[index]);
    }

    /// <summary>Ends a member with SIGTERM.</summary>
    public Task StopMemberAsync(int index) => Members[index].StopAsync();

    /// <summary>Ends a member with SIGKILL.</summary>
    public Task KillMemberAsync(int index) => Members[index].KillAsync();

    /// <summary>Waits until the given members, or all that run, report themselves healthy: a leader is known and reads work.</summary>
    public async Task WaitUntilHealthyAsync(params EtcdTestMember[] members)
    {
        foreach (var member in members is [] ? Members.Where(m => m.IsRunning) : members)
        {
            try
            {
                await Eventually.IsTrueAsync(() => HasSettledAsync(member), $"{member.Name} is healthy", options.StartTimeout);
            }
            catch (TimeoutException e)
            {
                throw new InvalidOperationException($"etcd {Release.Version} {member.Name} did not start. {e.Message}\n{member.LogTail()}", e);
            }

            if (!member.IsRunning)
            {
                throw new InvalidOperationException($"etcd {Release.Version} {member.Name} has ended.\n{member.LogTail()}");
            }
        }
    }

    /// <summary>
    /// Runs the real etcdctl against the cluster with the right certificates and user, and returns what it printed. Flags that the
    /// arguments hold themselves (such as <c>--endpoints=…</c>) are left to them.
    /// </summary>
    public async Task<string> EtcdctlAsync(params string[] arguments) => (await TryEtcdctlAsync(arguments)).ThrowIfFailed().Output;

    /// <summary>The same, for commands that may fail.</summary>
    public Task<CommandResult> TryEtcdctlAsync(params string[] arguments)
    {
        var flags = new List<string>();
        void Add(string flag, string value)
        {
            if (!arguments.Any(a => a == flag || a.StartsWith(flag + "=", StringComparison.Ordinal)))
            {
                flags.Add($"{flag}={value}");
            }
        }

        // A snapshot is taken from exactly one member.
        var running = Members.Where(m => m.IsRunning).Select(m => EtcdClusterPlan.Text(m.ClientUrl)).ToList();
        Add("--endpoints", string.Join(',', arguments.Contains("snapshot") ? running.Take(1) : running));
        Add("--command-timeout", "30s");
        Add("--dial-timeout", "5s");
        if (IsTls)
        {
            Add("--cacert", Certificates.AuthorityFile);
            Add("--cert", Certificates.Client.CertificateFile);
            Add("--key", Certificates.Client.KeyFile);
        }

        if (RootPassword is not null)
        {
            Add("--user", $"root:{RootPassword}");
        }

        var environment = new Dictionary<string, string?> { ["ETCDCTL_API"] = "3" };
        return Command.RunAsync(Release.Etcdctl, [.. arguments, .. flags], environment, timeout: TimeSpan.FromMinutes(3));
    }

    /// <summary>Every running member's HashKV at a revision (0: its newest), as etcdctl reports it.</summary>
    public async Task<IReadOnlyList<EtcdLiveHash>> HashKvAsync(long revision = 0)
    {
        // 3.4's gateway has no HashKV of its own: its path leads to another RPC.
        var printed = await EtcdctlAsync("endpoint", "hashkv", $"--rev={revision}", "--write-out=json");
        return [.. JsonNode.Parse(printed)!.AsArray().Select(Read)];

        EtcdLiveHash Read(JsonNode? node)
        {
            var member = Members.Single(m => EtcdClusterPlan.Text(m.ClientUrl) == (string?)node!["Endpoint"]);
            var answer = node!["HashKV"]!;
            return new EtcdLiveHash(
                member.Name, (uint)answer["hash"]!, (long?)answer["compact_revision"] ?? 0, (long)answer["header"]!["revision"]!);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in Members)
        {
            await member.DisposeAsync();
        }

        http?.Dispose();
        folder.Dispose();
    }

    private EtcdTestMember CreateMember(PlannedMember member, CertificatePair server)
    {
        var data = options.DataDirectory?.Replace("{member}", member.Name, StringComparison.Ordinal) ?? folder[member.Name];
        var (client, peer) = (EtcdClusterPlan.Text(member.ClientUrl), EtcdClusterPlan.Text(member.PeerUrl));
        List<string> arguments =
        [
            "--name", member.Name, "--data-dir", data,
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", ClusterPlan.InitialCluster, "--initial-cluster-token", ClusterPlan.Token,
            "--initial-cluster-state", options.InitialClusterState,
            "--heartbeat-interval", "50", "--election-timeout", "500", "--bcrypt-cost", "4", "--logger", "zap",
        ];
        if (Release.IsAtLeast(5))
        {
            // Members are killed here, machines are not: what the kernel holds is never lost.
            arguments.Add("--unsafe-no-fsync");
        }

        if (member.ClientUrl.Scheme == Uri.UriSchemeHttps)
        {
            arguments.AddRange(["--client-cert-auth", "--trusted-ca-file", Certificates.AuthorityFile, "--cert-file", server.CertificateFile, "--key-file", server.KeyFile]);
        }

        if (member.PeerUrl.Scheme == Uri.UriSchemeHttps)
        {
            var pair = Certificates.Server;
            arguments.AddRange(["--peer-client-cert-auth", "--peer-trusted-ca-file", Certificates.AuthorityFile, "--peer-cert-file", pair.CertificateFile, "--peer-key-file", pair.KeyFile]);
        }

        arguments.AddRange(options.ExtraArguments);
        return new EtcdTestMember(member, data, folder[member.Name + ".log"], Release.Etcd, arguments);
    }

    private async Task EnableAuthAsync()
    {
        var password = RootPassword;
        RootPassword = null; // no user yet
        await EtcdctlAsync("user", "add", $"root:{password}");
        await EtcdctlAsync("role", "add", "root");
        await EtcdctlAsync("user", "grant-role", "root", "root");
        await EtcdctlAsync("auth", "enable");
        RootPassword = password;
    }

    // Healthy, or ended: there is nothing more to wait for.
    private async Task<bool> HasSettledAsync(EtcdTestMember member)
    {
        if (!member.IsRunning)
        {
            return true;
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        var answer = await Http.GetStringAsync(new Uri(member.ClientUrl, "/health"), limit.Token);
        return answer.Contains("true", StringComparison.Ordinal);
    }
}
