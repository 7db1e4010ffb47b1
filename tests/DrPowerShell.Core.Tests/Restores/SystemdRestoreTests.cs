using System.Text.RegularExpressions;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Runbooks.Errors;
using DrPowerShell.Core.Tests.Restores.Faults;
using DrPowerShell.Core.Tests.Services;
using DrPowerShell.CrashHost;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using DrPowerShell.Testing.Hosts;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores;

/// <summary>
/// Three members that are units of a real systemd, behind SSH and sudo, each set up another way: m1 by a file of variables and one flag, as its user's own
/// group; m2 by flags alone; m3 by a configuration file with comments, and a drop-in of its own.
/// </summary>
public sealed partial class SystemdRestoreTests(ServiceMachine machine) : IAsyncLifetime
{
    private const string User = "daemon";
    private const string Group = "games";

    private readonly string _tag = Guid.NewGuid().ToString("N")[..8];
    private SystemdMachine _systemd = null!;
    private RestoreRig _rig = null!;

    private ServiceCluster Cluster => _rig.Cluster;

    private RestoreRequest FromSnapshot => new() { Cluster = "prod", Snapshot = SnapshotCatalog.Describe(Cluster["s.db"]) };

    public async ValueTask InitializeAsync()
    {
        _systemd = await machine.SystemdAsync();
        var host = await machine.HostYamlAsync();
        _rig = new RestoreRig(new ServiceCluster(EtcdBinaries.V35) { Host = _ => host, Service = name => $"service: {{ type: systemd, name: {Unit(name)} }}" });
        (await Command.RunAsync("chmod", ["711", Cluster.Folder])).ThrowIfFailed();
        foreach (var member in Cluster.Plan.Members)
        {
            await SetUpAsync(member);
        }
    }

    public ValueTask DisposeAsync() => _rig?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task Units_run_the_restored_data_as_their_users_and_an_undo_puts_their_configuration_back_byte_for_byte()
    {
        await Cluster.StartAsync();
        (await Cluster.EtcdctlAsync("put", "/a", "one")).ThrowIfFailed();
        (await Cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(Cluster.Plan.Members[0].ClientUrl), "snapshot", "save", Cluster["s.db"])).ThrowIfFailed();
        (await Cluster.EtcdctlAsync("put", "/late", "after the snapshot")).ThrowIfFailed();
        await Cluster.KillAsync();
        Directory.Delete(Cluster.Data("m1"), recursive: true);
        Directory.Delete(Path.Combine(Cluster.Data("m2"), "member"), recursive: true);
        WholeClusterRestoreTests.Corrupt(Cluster.Data("m3"));
        var before = await SetupAsync();

        // The connection breaks between two files of one member, and before systemd of another one is told.
        var once = new HashSet<string>(StringComparer.Ordinal);
        await FailAsync(FromSnapshot, (host, act, arguments) =>
            ((host == "m1-host" && act == "WriteAsync" && ((string)arguments[0]!).EndsWith(".conf", StringComparison.Ordinal))
            || (host == "m2-host" && act == "RunAsync" && arguments[0]!.ToString()!.EndsWith("daemon-reload", StringComparison.Ordinal))) && once.Add(host)
                ? new HostUnreachableException(host, "it was cut off.")
                : null);

        Assert.Equal(2, once.Count);
        Assert.Equal(before, await SetupAsync());
        Assert.False(Directory.Exists(Cluster.Data("m1")));

        var plan = await _rig.AssessAsync(FromSnapshot);
        Assert.Equal((User, User), (plan.Members[0].Attributes.Owner, plan.Members[0].Attributes.Group));
        var run = await _rig.RestoreAsync(FromSnapshot);

        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.Contains("one", (await Cluster.EtcdctlAsync("get", "/a")).ThrowIfFailed().Output, StringComparison.Ordinal);
        Assert.Equal("", (await Cluster.EtcdctlAsync("get", "/late")).ThrowIfFailed().Output);
        await AssertOwnersAsync();
        await AssertConfiguredAsync(run.Id);

        // Up, and with drop-ins of ours already.
        var restored = await SetupAsync();
        (await Cluster.EtcdctlAsync("put", "/later", "after the restore")).ThrowIfFailed();

        await FailAsync(FromSnapshot with { AcceptDataLoss = TimeSpan.FromDays(1) });

        Assert.Equal(restored, await SetupAsync());
        Assert.Contains("after the restore", (await Cluster.EtcdctlAsync("get", "/later")).ThrowIfFailed().Output, StringComparison.Ordinal);
        await AssertOwnersAsync();
    }

    // The directory of m1 was gone: its owner comes from the unit, its mode is etcd's own.
    private async Task AssertOwnersAsync()
    {
        foreach (var (member, attributes, group) in new[] { ("m1", $"{User}:{User} 700", User), ("m2", $"{User}:{Group} 710", Group), ("m3", $"{User}:{Group} 710", Group) })
        {
            Assert.Equal(attributes, (await Command.RunAsync("stat", ["-c", "%U:%G %a", Cluster.Data(member)])).ThrowIfFailed().Output.Trim());
            Assert.Equal(
                $"{User} {group}",
                SpacePattern().Replace((await _systemd.RunAsync("ps", "-o", "user:20=,group:20=", "-p", await ShowAsync(member, "MainPID"))).ThrowIfFailed().Output.Trim(), " "));
            var foreign = await Command.RunAsync("find", [Cluster.Data(member), "!", "-user", User, "-o", "!", "-group", group]);
            Assert.Equal("", foreign.ThrowIfFailed().Output);
        }
    }

    private async Task AssertConfiguredAsync(string run)
    {
        var variables = await File.ReadAllTextAsync(Cluster["m1", "etcd.env"]);
        Assert.Contains("# Set by hand: keep me.", variables, StringComparison.Ordinal);
        Assert.Contains($"ETCD_INITIAL_CLUSTER_TOKEN={run}", variables.Replace("\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal("640", (await Command.RunAsync("stat", ["-c", "%a", Cluster["m1", "etcd.env"]])).ThrowIfFailed().Output.Trim());
        Assert.Equal(Variables(Cluster.Plan.Members[0]), await File.ReadAllTextAsync(Cluster["m1", $"etcd.env.parked-{run}"]));
        Assert.Contains("--initial-cluster-state=existing", await ShowAsync("m1", "ExecStart"), StringComparison.Ordinal);

        var flags = await ShowAsync("m2", "ExecStart");
        Assert.Contains("--initial-cluster-state=existing", flags, StringComparison.Ordinal);
        Assert.Contains($"--initial-cluster-token={run}", flags, StringComparison.Ordinal);
        Assert.Contains("--heartbeat-interval=100", flags, StringComparison.Ordinal);

        var file = await File.ReadAllTextAsync(Cluster["m3", "etcd.yaml"]);
        Assert.Contains("# The configuration of m3: every comment here must survive a restore.", file, StringComparison.Ordinal);
        Assert.Contains($"initial-cluster-token: {run} # changed by a restore", file, StringComparison.Ordinal);
        Assert.Contains("initial-cluster-state: existing", file, StringComparison.Ordinal);
        Assert.Contains("initial-cluster-state: new", await File.ReadAllTextAsync(Cluster["m3", $"etcd.yaml.parked-{run}"]), StringComparison.Ordinal);
        Assert.All(["m1", "m2", "m3"], member => Assert.Equal("no", ShowAsync(member, "NeedDaemonReload").GetAwaiter().GetResult()));
    }

    private async Task FailAsync(RestoreRequest request, Func<string, string, object?[], Exception?>? fault = null)
    {
        await using var world = new FaultyWorld(_rig.World()) { Fault = fault ?? ((_, _, _) => null) };
        var runbook = new RestoreRunbook(await _rig.AssessAsync(request), world).Create();
        var undone = await Assert.ThrowsAsync<RunUndoneException>(() => _rig.Session().RunAsync(
            RunFolder.NewId("restore", DateTimeOffset.UtcNow),
            runbook with { Steps = [.. runbook.Steps.Select(step => step.Id == "health" ? new InterruptedStep(step) { Before = _ => throw new InvalidOperationException("A fault was injected.") } : step)] },
            RestoreRig.Token));
        Assert.All(undone.Run.Steps.Where(step => step.Id.StartsWith("start-", StringComparison.Ordinal)), step => Assert.Equal(StepOutcome.Undone, step.Outcome));
        Assert.Equal(fault is null ? 1 : 2, undone.Run.Steps.Single(step => step.Id == "configure-m2").Attempts);
    }

    // Units, drop-ins and configuration: names, owners, modes, contents; and what systemd has made of them.
    private async Task<string> SetupAsync()
    {
        const string Script = """
            for d in "$@"; do
              find $d -maxdepth 1 ! -name data ! -name 'data.*' ! -name run -printf '%p %y %U:%G %m\n'
              find $d -maxdepth 1 -type f -exec sha256sum {} +
            done | sort
            """;
        var folders = Cluster.Plan.Members.Select(member => Cluster[member.Name]);
        var text = (await _systemd.RunAsync(["/bin/sh", "-c", Script, "setup", $"/etc/systemd/system/dr-{_tag}-*", .. folders])).ThrowIfFailed().Output;
        foreach (var member in Cluster.Plan.Members)
        {
            text += ArgumentsPattern().Match(await ShowAsync(member.Name, "ExecStart")).Value + await ShowAsync(member.Name, "DropInPaths") + await ShowAsync(member.Name, "NeedDaemonReload") + "\n";
        }

        return text;
    }

    private async Task<string> ShowAsync(string member, string property) => (await _systemd.SystemctlAsync("show", "-p", property, "--value", Unit(member))).ThrowIfFailed().Output.Trim();

    private string Unit(string member) => $"dr-{_tag}-{member}";

    private async Task SetUpAsync(PlannedMember member)
    {
        var (name, etcd) = (member.Name, Cluster.Release.Etcd);
        var group = name == "m1" ? "" : $"Group={Group}\n";
        await File.WriteAllTextAsync(Cluster["m1", "etcd.env"], Variables(Cluster.Plan.Members[0]));
        await _systemd.WriteUnitAsync($"{Unit(name)}.service", $"[Unit]\nDescription=etcd {name}\n\n[Service]\nType=notify\nTimeoutStartSec=infinity\nUser={User}\n{group}" + name switch
        {
            "m1" => $"EnvironmentFile={Cluster["m1", "etcd.env"]}\nExecStart={etcd} --initial-cluster-state=new\n",
            "m2" => $"# By hand.\nExecStart={etcd} {string.Join(" \\\n  ", Settings(member).Select(one => $"--{one.Flag}={one.Value}"))}\n",
            _ => $"ExecStart={etcd} --config-file {Cluster["m3", "etcd.yaml"]}\n",
        });
        if (name == "m3")
        {
            await _systemd.WriteUnitAsync($"{Unit(name)}.service.d/10-cores.conf", "[Service]\nEnvironment=GOMAXPROCS=2\n");
        }

        const string Give = """
            set -e
            mkdir -m 710 "$1/data"
            chown "$2" "$1/data"
            [ ! -e "$1/etcd.env" ] || chmod 640 "$1/etcd.env"
            """;
        (await Command.RunAsync("/bin/sh", ["-c", Give, "give", Cluster[name], name == "m1" ? $"{User}:" : $"{User}:{Group}"])).ThrowIfFailed();
        var control = $"{_systemd.Enter} systemctl --no-pager";
        await File.WriteAllTextAsync(Cluster[name, "start.sh"], $"#!/bin/sh\n{control} start --no-block {Unit(name)}\n");
        await File.WriteAllTextAsync(Cluster[name, "kill.sh"], $"#!/bin/sh\n{control} kill -s KILL {Unit(name)} 2>/dev/null\n{control} stop {Unit(name)}\n{control} reset-failed {Unit(name)} 2>/dev/null; exit 0\n");
        await File.WriteAllTextAsync(Cluster[name, "status.sh"], $"#!/bin/sh\n{control} is-active -q {Unit(name)}\n");
    }

    private string Variables(PlannedMember member) => "# Set by hand: keep me.\n" + string.Concat(Settings(member).Where(one => one.Flag != "initial-cluster-state")
        .Select(one => $"ETCD_{one.Flag.ToUpperInvariant().Replace('-', '_')}=\"{one.Value}\"\n")) + "#ETCD_LOG_LEVEL=debug\n";

    private IEnumerable<(string Flag, string Value)> Settings(PlannedMember member) =>
    [
        ("name", member.Name),
        ("data-dir", Cluster.Data(member.Name)),
        ("listen-client-urls", EtcdClusterPlan.Text(member.ClientUrl)),
        ("advertise-client-urls", EtcdClusterPlan.Text(member.ClientUrl)),
        ("listen-peer-urls", EtcdClusterPlan.Text(member.PeerUrl)),
        ("initial-advertise-peer-urls", EtcdClusterPlan.Text(member.PeerUrl)),
        ("initial-cluster", Cluster.Plan.InitialCluster),
        ("initial-cluster-state", "new"),
        ("initial-cluster-token", Cluster.Plan.Token),
        ("heartbeat-interval", "100"),
        ("election-timeout", "1000"),
    ];

    [GeneratedRegex(@"argv\[\]=[^;]*")]
    private static partial Regex ArgumentsPattern();

    [GeneratedRegex(" +")]
    private static partial Regex SpacePattern();
}
