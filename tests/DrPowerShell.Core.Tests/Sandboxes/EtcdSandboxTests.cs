using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using DrPowerShell.Core.Sandboxes;
using DrPowerShell.Core.Sandboxes.Errors;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Sandboxes;

[UnsupportedOSPlatform("windows")]
public sealed class EtcdSandboxTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TempFolder _temp = new("sandbox");
    private readonly EtcdSandboxLauncher _launcher = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("3.4")]
    [InlineData("3.5")]
    public async Task Three_members_start_behind_mutual_TLS_and_leave_nothing_when_stopped(string etcd)
    {
        var release = EtcdBinaries.Get(etcd);
        var sandbox = await _launcher.StartAsync(Options(release) with { MemberCount = 3 }, Token);
        var processes = sandbox.Members.Select(member => member.ProcessId!.Value).ToArray();
        Assert.True(sandbox.IsRunning);
        Assert.Equal(release.Version, sandbox.Version.ToString());
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(sandbox.Folder));
        Assert.All(Directory.GetFiles(sandbox.Folder, "*.key"), key => Assert.Equal(OwnerOnly, File.GetUnixFileMode(key)));

        (await EtcdctlAsync(release, sandbox, "put", "a", "1")).ThrowIfFailed();
        Assert.Equal("1", (await EtcdctlAsync(release, sandbox, "get", "a", "--print-value-only")).ThrowIfFailed().Output.Trim());
        Assert.NotEqual(0, (await Command.RunAsync(release.Etcdctl, ["get", "a", "--command-timeout=2s", "--dial-timeout=2s",
            $"--endpoints={sandbox.Endpoints[0]}", $"--cacert={sandbox.ConnectionOptions.CACertificatePath}"], Api3)).ExitCode);

        await sandbox.DisposeAsync();

        Assert.False(sandbox.IsRunning);
        Assert.Empty(_temp.List());
        Assert.All(processes, id => Assert.False(Directory.Exists($"/proc/{id}")));
    }

    [Fact]
    public async Task Members_are_in_a_session_of_their_own_where_Ctrl_C_at_the_terminal_does_not_reach_them()
    {
        await using var sandbox = await _launcher.StartAsync(Options(EtcdBinaries.V35), Token);

        var own = SessionOf(Environment.ProcessId);
        var member = SessionOf(sandbox.Members[0].ProcessId!.Value);

        Assert.NotEqual(own, member);
    }

    [Fact]
    public async Task Settings_for_a_real_cluster_in_the_environment_do_not_reach_a_sandbox()
    {
        Environment.SetEnvironmentVariable("ETCD_AUTO_COMPACTION_MODE", "nonsense");
        try
        {
            await using var sandbox = await _launcher.StartAsync(Options(EtcdBinaries.V35), Token);
            Assert.True(sandbox.IsRunning);
        }
        finally
        {
            Environment.SetEnvironmentVariable("ETCD_AUTO_COMPACTION_MODE", null);
        }
    }

    [Fact]
    public async Task A_member_that_is_killed_shows_as_not_running_and_the_rest_goes_on()
    {
        await using var sandbox = await _launcher.StartAsync(Options(EtcdBinaries.V35) with { MemberCount = 3 }, Token);
        using (var process = System.Diagnostics.Process.GetProcessById(sandbox.Members[1].ProcessId!.Value))
        {
            process.Kill();
        }

        await Eventually.IsTrueAsync(() => !sandbox.Members[1].IsRunning, "the killed member shows as ended");

        Assert.Null(sandbox.Members[1].ProcessId);
        Assert.True(sandbox.IsRunning);
        // The killed one may have been the leader: the other two need an election first.
        await Eventually.IsTrueAsync(
            async () => (await EtcdctlAsync(EtcdBinaries.V35, sandbox, "put", "a", "1")).ExitCode == 0, "the other two take a write", TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Members_start_from_the_data_directories_that_the_hook_built()
    {
        var release = EtcdBinaries.V35;
        var snapshot = _temp["snapshot.db"];
        await using (var first = await _launcher.StartAsync(Options(release), Token))
        {
            (await EtcdctlAsync(release, first, "put", "kept", "yes")).ThrowIfFailed();
            (await EtcdctlAsync(release, first, "snapshot", "save", snapshot)).ThrowIfFailed();
        }

        await using var second = await _launcher.StartAsync(Options(release) with
        {
            MemberCount = 3,
            PrepareDataDirectories = async (plan, token) =>
            {
                foreach (var member in plan.Members)
                {
                    Assert.False(Directory.Exists(member.DataDirectory));
                    await release.SnapshotAsync("restore", snapshot, $"--data-dir={member.DataDirectory}", $"--name={member.Name}",
                        $"--initial-cluster={plan.InitialCluster}", $"--initial-cluster-token={plan.ClusterToken}",
                        $"--initial-advertise-peer-urls={member.PeerUrl.GetLeftPart(UriPartial.Authority)}");
                }
            },
        }, Token);

        Assert.Equal("yes", (await EtcdctlAsync(release, second, "get", "kept", "--print-value-only")).ThrowIfFailed().Output.Trim());
    }

    [Fact]
    public async Task A_port_that_was_taken_in_between_leads_to_a_second_try_with_other_ports()
    {
        var plans = new List<EtcdSandboxPlan>();
        TcpListener? thief = null;
        try
        {
            await using var sandbox = await _launcher.StartAsync(Options(EtcdBinaries.V35) with
            {
                PrepareDataDirectories = (plan, _) =>
                {
                    plans.Add(plan);
                    if (thief is null)
                    {
                        thief = new TcpListener(IPAddress.Loopback, plan.Members[0].PeerUrl.Port);
                        thief.Start();
                    }

                    return Task.CompletedTask;
                },
            }, Token);

            Assert.Equal(2, plans.Count);
            Assert.NotEqual(plans[0].Members[0].PeerUrl, sandbox.Members[0].PeerUrl);
        }
        finally
        {
            thief?.Dispose();
        }
    }

    [Fact]
    public async Task A_start_that_is_cancelled_leaves_nothing()
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var options = Options(EtcdBinaries.V35) with
        {
            EtcdPath = Script("sleep 600"),
            Steps = new Immediate(step =>
            {
                if (step.StartsWith("Waiting", StringComparison.Ordinal))
                {
                    cancellation.CancelAfter(TimeSpan.FromMilliseconds(200));
                }
            }),
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _launcher.StartAsync(options, cancellation.Token));

        Assert.DoesNotContain(_temp.List(), name => name.StartsWith("drps-sandbox-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_etcd_that_ends_at_once_is_told_with_its_own_words_and_leaves_nothing()
    {
        var options = Options(EtcdBinaries.V35) with { ExtraArguments = ["--election-timeout", "5"] };

        var error = await Assert.ThrowsAsync<SandboxStartFailedException>(() => _launcher.StartAsync(options, Token));

        Assert.Equal("SandboxStartFailed", error.ErrorId);
        Assert.Equal("m1", error.Member);
        Assert.NotEqual(0, error.ExitCode);
        Assert.NotEmpty(error.LogTail);
        Assert.Contains("election", error.Message, StringComparison.Ordinal);
        Assert.Empty(_temp.List());
    }

    [Fact]
    public async Task An_etcd_that_never_answers_is_given_up_at_the_deadline()
    {
        var options = Options(EtcdBinaries.V35) with { EtcdPath = Script("sleep 600"), StartTimeout = TimeSpan.FromSeconds(1) };

        var error = await Assert.ThrowsAsync<SandboxStartTimedOutException>(() => _launcher.StartAsync(options, Token));

        Assert.Equal("m1", error.Member);
        Assert.DoesNotContain(_temp.List(), name => name.StartsWith("drps-sandbox-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_etcd_and_a_program_that_is_none_are_two_errors()
    {
        var missing = await Assert.ThrowsAsync<EtcdBinaryNotFoundException>(
            () => _launcher.StartAsync(new() { ParentFolder = _temp.FullName, EtcdPath = _temp["nowhere", "etcd"] }, Token));
        var other = await Assert.ThrowsAsync<EtcdBinaryNotUsableException>(
            () => _launcher.StartAsync(new() { ParentFolder = _temp.FullName, EtcdPath = "/bin/true" }, Token));

        Assert.Equal(_temp["nowhere", "etcd"], missing.Subject);
        Assert.Equal("/bin/true", other.Subject);
        Assert.Empty(_temp.List());
    }

    [Fact]
    public async Task A_folder_that_a_dead_process_left_is_removed_by_the_next_start_and_a_live_ones_is_not()
    {
        var dead = _temp.CreateFolder("drps-sandbox-dead");
        await File.WriteAllTextAsync(Path.Combine(dead, "owner.lock"), "", Token);
        var live = _temp.CreateFolder("drps-sandbox-live");
        await using var held = new FileStream(Path.Combine(live, "owner.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        await using var sandbox = await _launcher.StartAsync(Options(EtcdBinaries.V35), Token);

        Assert.False(Directory.Exists(dead));
        Assert.True(Directory.Exists(live));
    }

    private static readonly Dictionary<string, string?> Api3 = new() { ["ETCDCTL_API"] = "3" };

    private EtcdSandboxOptions Options(EtcdRelease release) => new() { EtcdPath = release.Etcd, ParentFolder = _temp.FullName };

    private static Task<CommandResult> EtcdctlAsync(EtcdRelease release, EtcdSandbox sandbox, params string[] arguments) => Command.RunAsync(
        release.Etcdctl,
        [.. arguments, $"--endpoints={(arguments[0] == "snapshot" ? sandbox.Endpoints[0].ToString() : string.Join(',', sandbox.Members.Where(m => m.IsRunning).Select(m => m.Endpoint)))}",
            $"--cacert={sandbox.ConnectionOptions.CACertificatePath}", $"--cert={sandbox.ConnectionOptions.CertificatePath}",
            $"--key={sandbox.ConnectionOptions.CertificateKeyPath}"],
        Api3);

    // The sixth field of /proc/PID/stat; the second one may hold blanks, in brackets.
    private static string SessionOf(int process) => File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ')[3];

    // A program that tells etcd's version and then does something else.
    private string Script(string line)
    {
        var path = _temp["fake-etcd"];
        File.WriteAllText(path, $"#!/bin/sh\n[ \"$1\" = --version ] && {{ echo 'etcd Version: 3.5.99'; exit 0; }}\nexec {line}\n");
        File.SetUnixFileMode(path, OwnerOnly | UnixFileMode.UserExecute);
        return path;
    }

    private sealed class Immediate(Action<string> act) : IProgress<string>
    {
        public void Report(string value) => act(value);
    }
}
