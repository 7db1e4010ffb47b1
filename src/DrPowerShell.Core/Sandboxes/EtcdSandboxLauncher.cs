using System.Globalization;
using System.Security.Cryptography;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Sandboxes.Errors;

namespace DrPowerShell.Core.Sandboxes;

/// <summary>Starts sandboxes: real etcd members on loopback ports, behind one-time certificates, in a folder of their own.</summary>
public sealed class EtcdSandboxLauncher(TimeProvider? time = null)
{
    private const int PortTries = 5;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly Version FirstWithoutFsync = new(3, 5, 0);

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Starts a sandbox and returns when every member is healthy. On any failure nothing is left: no process, no folder.</summary>
    /// <param name="options">What to start.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="EtcdBinaryNotFoundException">There is no etcd on PATH or at the given path.</exception>
    /// <exception cref="SandboxStartFailedException">A member ended; its last log lines are in the exception.</exception>
    /// <exception cref="SandboxStartTimedOutException">A member was not healthy before the deadline.</exception>
    public async Task<EtcdSandbox> StartAsync(EtcdSandboxOptions options, CancellationToken cancellationToken)
    {
        Check(options);
        var binary = await EtcdBinary.FindAsync(options.EtcdPath, cancellationToken).ConfigureAwait(false);
        options.Steps?.Report($"etcd {binary.Version} found at {binary.Path}.");
        // The folder's name cannot be guessed: nobody else can have made it before, with a door of their own.
        var id = RandomNumberGenerator.GetHexString(16, lowercase: true);
        var name = options.Name ?? "sandbox-" + id[..6];
        var folder = SandboxFolder.Create(options.ParentFolder ?? Path.GetTempPath(), id);
        try
        {
            var certificates = SandboxCertificates.Write(folder.Path, _time);
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await StartOnceAsync(name, options, binary, folder, certificates, cancellationToken).ConfigureAwait(false);
                }
                catch (SandboxPortsTakenException) when (attempt < PortTries)
                {
                    options.Steps?.Report("A port was taken by another process; trying others.");
                }
            }
        }
        catch
        {
            await folder.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static void Check(EtcdSandboxOptions options)
    {
        if (options.MemberCount is < 1 or > 5)
        {
            throw new SandboxOptionsNotValidException(options.MemberCount, $"A sandbox of {options.MemberCount} members cannot be started.", "Choose 1 or 3 members.");
        }

        if (options.StartTimeout <= TimeSpan.Zero)
        {
            throw new SandboxOptionsNotValidException(options.StartTimeout, "A sandbox needs time to start.", "Give a longer -StartTimeout, such as 60.");
        }
    }

    private async Task<EtcdSandbox> StartOnceAsync(
        string name, EtcdSandboxOptions options, EtcdBinary binary, SandboxFolder folder, SandboxCertificates certificates, CancellationToken cancellationToken)
    {
        var plan = Plan(options, binary, folder);
        if (options.PrepareDataDirectories is { } prepare)
        {
            await prepare(plan, cancellationToken).ConfigureAwait(false);
        }

        var members = new List<EtcdSandboxMember>(plan.Members.Count);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var member in plan.Members)
            {
                var log = Path.Combine(folder.Path, member.Name + ".log");
                var pid = Path.Combine(folder.Path, member.Name + ".pid");
                var arguments = Arguments(member, plan, options, certificates);
                members.Add(new(member, ProcessGuard.ForEtcd(binary.Path, arguments, log, pid), log, pid));
            }

            options.Steps?.Report(members.Count == 1 ? "Waiting until the member is healthy." : $"Waiting until {members.Count} members are healthy.");
            await WaitUntilHealthyAsync(name, options, members, certificates, cancellationToken).ConfigureAwait(false);
            return new EtcdSandbox(name, binary.Version, folder, members, ConnectionOptions(name, plan, certificates), _time.GetUtcNow())
            {
                SnapshotPath = options.SnapshotPath,
            };
        }
        catch
        {
            await Task.WhenAll(members.Select(member => member.Guard.DisposeAsync().AsTask())).ConfigureAwait(false);
            foreach (var directory in plan.Members.Select(member => member.DataDirectory).Where(Directory.Exists))
            {
                Directory.Delete(directory, recursive: true);
            }

            members.ForEach(member => File.Delete(member.LogPath));
            throw;
        }
    }

    private static EtcdSandboxPlan Plan(EtcdSandboxOptions options, EtcdBinary binary, SandboxFolder folder)
    {
        var ports = LoopbackPorts.Find(options.MemberCount * 2);
        return new EtcdSandboxPlan
        {
            EtcdVersion = binary.Version,
            ClusterToken = Path.GetFileName(folder.Path),
            Members = [.. Enumerable.Range(0, options.MemberCount).Select(i => new EtcdSandboxMemberPlan(
                $"m{i + 1}", Loopback(ports[2 * i]), Loopback(ports[(2 * i) + 1]), Path.Combine(folder.Path, $"m{i + 1}.etcd")))],
        };

        static Uri Loopback(int port) => new UriBuilder(Uri.UriSchemeHttps, "127.0.0.1", port).Uri;
    }

    private static IEnumerable<string> Arguments(
        EtcdSandboxMemberPlan member, EtcdSandboxPlan plan, EtcdSandboxOptions options, SandboxCertificates certificates)
    {
        var (client, peer) = (EtcdUrl.Show(member.ClientUrl), EtcdUrl.Show(member.PeerUrl));
        List<string> arguments =
        [
            "--name", member.Name, "--data-dir", member.DataDirectory,
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", plan.InitialCluster, "--initial-cluster-token", plan.ClusterToken, "--initial-cluster-state", "new",
            "--client-cert-auth", "--trusted-ca-file", certificates.CAPath,
            "--cert-file", certificates.MemberPath, "--key-file", certificates.MemberKeyPath,
            "--peer-client-cert-auth", "--peer-trusted-ca-file", certificates.CAPath,
            "--peer-cert-file", certificates.MemberPath, "--peer-key-file", certificates.MemberKeyPath,
            "--logger", "zap",
            "--quota-backend-bytes", options.QuotaBytes.ToString(CultureInfo.InvariantCulture),
        ];
        if (!OperatingSystem.IsWindows())
        {
            arguments.AddRange(["--log-outputs", "stderr"]);
        }

        if (plan.EtcdVersion >= FirstWithoutFsync)
        {
            // What a sandbox holds need not survive a power loss; it must not.
            arguments.Add("--unsafe-no-fsync");
        }

        return [.. arguments, .. options.ExtraArguments];
    }

    private async Task WaitUntilHealthyAsync(
        string name, EtcdSandboxOptions options, List<EtcdSandboxMember> members, SandboxCertificates certificates, CancellationToken cancellationToken)
    {
        using var health = new SandboxHealth(certificates);
        var began = _time.GetTimestamp();
        foreach (var member in members)
        {
            while (await health.AskAsync(member.Endpoint, cancellationToken).ConfigureAwait(false) is { } reason)
            {
                await ThrowIfOneEndedAsync(name, members).ConfigureAwait(false);
                if (_time.GetElapsedTime(began) > options.StartTimeout)
                {
                    throw new SandboxStartTimedOutException(
                        name, options.StartTimeout, member.Name, reason, await EtcdLog.TailAsync(member.LogPath).ConfigureAwait(false));
                }

                await Task.Delay(PollInterval, _time, cancellationToken).ConfigureAwait(false);
            }
        }

        await ThrowIfOneEndedAsync(name, members).ConfigureAwait(false);
    }

    private static async Task ThrowIfOneEndedAsync(string name, List<EtcdSandboxMember> members)
    {
        if (members.Find(member => !member.IsRunning) is { } ended)
        {
            var tail = await EtcdLog.TailAsync(ended.LogPath).ConfigureAwait(false);
            throw tail.Any(line => line.Contains("address already in use", StringComparison.Ordinal))
                ? new SandboxPortsTakenException(name)
                : new SandboxStartFailedException(name, ended.Name, ended.Guard.ExitCode, EtcdLog.Reason(tail), tail);
        }
    }

    private static EtcdConnectionOptions ConnectionOptions(string name, EtcdSandboxPlan plan, SandboxCertificates certificates) => new()
    {
        Name = name,
        Endpoints = [.. plan.Members.Select(member => member.ClientUrl)],
        CACertificatePath = certificates.CAPath,
        CertificatePath = certificates.ClientPath,
        CertificateKeyPath = certificates.ClientKeyPath,
    };
}
