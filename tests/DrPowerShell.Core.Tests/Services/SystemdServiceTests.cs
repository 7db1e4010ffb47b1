using System.Diagnostics;
using System.Globalization;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Services;
using DrPowerShell.Core.Services.Errors;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Services;

/// <summary>Units of a real systemd, behind SSH and sudo: what runs, what does not, and who is in the way.</summary>
public sealed class SystemdServiceTests(ServiceMachine machine) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new("unit");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_unit_is_started_and_stopped_twice_each_and_measured_in_between()
    {
        var port = FreePorts.Next();
        var service = await machine.UnitAsync($"[Service]\nExecStart={ServiceMachine.Listener(port)}\n", [port], $"LocalPort=>{port},");
        Assert.Equal(ServiceActivity.Down, (await service.GetStateAsync(Token)).Activity);
        for (var i = 0; i < 2; i++)
        {
            await service.StartAsync(Token);
            var up = await service.WaitUntilUpAsync(Patience, Token);
            Assert.Equal([port], up.OpenPorts);
            Assert.StartsWith("systemd: active (running); process ", up.Evidence);
            Assert.EndsWith($"; open: {port}", up.Evidence);
            Assert.Equal(await PidAsync(service), Assert.Single(up.ProcessIds));
        }

        for (var i = 0; i < 2; i++)
        {
            await service.StopAsync(Token);
            var down = await service.WaitUntilDownAsync(Patience, Token);
            Assert.Equal($"systemd: inactive (dead); no process; closed: {port}", down.Evidence);
        }
    }

    [Fact]
    public async Task An_etcd_that_tells_when_it_is_ready_is_up_then_and_not_before()
    {
        var (client, peer) = (FreePorts.Next(), FreePorts.Next());
        var service = await machine.UnitAsync(Etcd(client, peer, "m1=http://127.0.0.1:" + Text(peer)), [client, peer]);
        await service.StartAsync(Token);
        Assert.Equal(ServiceActivity.Up, (await service.WaitUntilUpAsync(Patience, Token)).Activity);
        await service.StopAsync(Token);
        await service.WaitUntilDownAsync(Patience, Token);

        // One of three is not ready before another one is there: the start does not wait for that, and it can be stopped.
        var alone = await machine.UnitAsync(Etcd(client, peer, $"m1=http://127.0.0.1:{peer},m2=http://127.0.0.1:{FreePorts.Next()},m3=http://127.0.0.1:{FreePorts.Next()}"), [client, peer]);
        var clock = Stopwatch.StartNew();
        await alone.StartAsync(Token);
        var error = await Assert.ThrowsAsync<ServiceNotUpException>(() => alone.WaitUntilUpAsync(TimeSpan.FromSeconds(2), Token));
        Assert.Contains("activating", error.Message);
        await alone.StopAsync(Token);
        await alone.WaitUntilDownAsync(Patience, Token);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Patience);
    }

    [Fact]
    public async Task A_unit_that_ignores_its_end_is_waited_for_and_named()
    {
        var mark = Mark();
        var service = await machine.UnitAsync($"[Service]\nExecStart=/bin/sh -c 'trap \"\" TERM; while :; do sleep {mark}; done'\nTimeoutStopSec=4\n");
        await service.StartAsync(Token);
        await service.WaitUntilUpAsync(Patience, Token);
        var clock = Stopwatch.StartNew();
        await service.StopAsync(Token);
        var error = await Assert.ThrowsAsync<ServiceNotDownException>(() => service.WaitUntilDownAsync(TimeSpan.FromSeconds(1), Token));
        Assert.Contains("deactivating (stop-sigterm)", error.Message);
        Assert.Contains(error.Holders, one => one.Contains(mark, StringComparison.Ordinal));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(4));

        // systemd ends it by force in its own time.
        Assert.Equal(ServiceActivity.Down, (await service.WaitUntilDownAsync(Patience, Token)).Activity);
    }

    [Fact]
    public async Task A_stray_process_that_still_listens_is_found_and_named()
    {
        var port = FreePorts.Next();
        var service = await machine.UnitAsync($"[Service]\nExecStart={ServiceMachine.Listener(port)}\n", [port]);
        var host = await machine.HostAsync();
        await host.RunAsync(HostCommand.Shell($"setsid {ServiceMachine.Listener(port)} >/dev/null 2>&1 </dev/null &"), Token);
        await Eventually.IsTrueAsync(async () => (await service.GetStateAsync(Token)).OpenPorts.Count == 1, "the stray one listens");
        await service.StopAsync(Token);
        var error = await Assert.ThrowsAsync<ServiceNotDownException>(() => service.WaitUntilDownAsync(TimeSpan.FromSeconds(1), Token));
        Assert.Contains($"open: {port}", error.Message);
        var holder = Assert.Single(error.Holders);
        Assert.Contains("/usr/bin/perl", holder);
        await host.RunAsync(HostCommand.Of("kill", holder.Split(' ')[0]), Token);
        await service.WaitUntilDownAsync(Patience, Token);
    }

    [Fact]
    public async Task A_unit_that_fails_too_often_is_given_up_with_its_last_words_and_can_be_started_again()
    {
        var port = FreePorts.Next();
        await File.WriteAllTextAsync(_folder["run.sh"], $"[ -e {_folder["fixed"]} ] && exec {ServiceMachine.Listener(port)}\necho cannot open {port}; exit 3\n", Token);
        var service = await machine.UnitAsync(
            $"[Unit]\nStartLimitIntervalSec=100\nStartLimitBurst=3\n[Service]\nRestart=always\nRestartSec=10ms\nExecStart=/bin/sh {_folder["run.sh"]}\n", [port]);
        var clock = Stopwatch.StartNew();
        await service.StartAsync(Token);
        var error = await Assert.ThrowsAsync<ServiceNotUpException>(() => service.WaitUntilUpAsync(TimeSpan.FromMinutes(3), Token));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Assert.Contains("failed", error.Message);
        Assert.Contains($"cannot open {port}", error.LastWords);
        Assert.Contains($"journalctl -u {service.Name}.service", error.RecommendedAction);
        Assert.Contains("on etcd-1", error.Message);
        Assert.Equal(ServiceActivity.Down, (await service.GetStateAsync(Token)).Activity);

        await File.WriteAllTextAsync(_folder["fixed"], "", Token);
        await service.StartAsync(Token);
        await service.WaitUntilUpAsync(Patience, Token);
        await service.StopAsync(Token);
        await service.WaitUntilDownAsync(Patience, Token);
    }

    [Fact]
    public async Task A_unit_that_waits_for_its_next_try_is_neither_up_nor_down_and_can_be_stopped()
    {
        var service = await machine.UnitAsync("[Service]\nRestart=always\nRestartSec=1000\nExecStart=/bin/false\n");
        await service.StartAsync(Token);
        await Eventually.IsTrueAsync(async () => (await service.GetStateAsync(Token)).Evidence.Contains("auto-restart", StringComparison.Ordinal), "it waits");
        Assert.Equal(ServiceActivity.Between, (await service.GetStateAsync(Token)).Activity);
        await service.StopAsync(Token);
        await service.WaitUntilDownAsync(Patience, Token);
    }

    [Fact]
    public async Task A_masked_unit_is_down_and_its_start_is_refused()
    {
        var name = $"masked-{Guid.NewGuid().ToString("N")[..8]}";
        (await (await machine.SystemdAsync()).SystemctlAsync("mask", name + ".service")).ThrowIfFailed();
        var service = await machine.OpenAsync(name);
        Assert.Equal(ServiceActivity.Down, (await service.GetStateAsync(Token)).Activity);
        Assert.Contains("masked", (await service.GetStateAsync(Token)).Evidence);
        await service.StopAsync(Token);
        var error = await Assert.ThrowsAsync<ServiceMaskedException>(() => service.StartAsync(Token));
        Assert.Contains($"systemctl unmask {name}.service on etcd-1", error.RecommendedAction);
    }

    [Fact]
    public async Task A_unit_that_is_not_there_is_named()
    {
        var service = await machine.OpenAsync("no-such-unit");
        await Assert.ThrowsAsync<ServiceNotFoundException>(() => service.GetStateAsync(Token));
        await Assert.ThrowsAsync<ServiceNotFoundException>(() => service.StopAsync(Token));
        var error = await Assert.ThrowsAsync<ServiceNotFoundException>(() => service.StartAsync(Token));
        Assert.Contains("no-such-unit on etcd-1", error.Message);
    }

    [Fact]
    public async Task A_child_that_a_unit_leaves_behind_is_found_and_named()
    {
        var mark = Mark();
        var service = await machine.UnitAsync($"[Service]\nKillMode=process\nExecStart=/bin/sh -c 'setsid sleep {mark} & exec sleep 1000'\n", name: "left@10.0.0.$", file: "left@.service");
        await service.StartAsync(Token);
        await service.WaitUntilUpAsync(Patience, Token);
        await service.StopAsync(Token);
        var error = await Assert.ThrowsAsync<ServiceNotDownException>(() => service.WaitUntilDownAsync(TimeSpan.FromSeconds(1), Token));
        Assert.Contains("inactive", error.Message);
        var left = Assert.Single(error.Holders);
        Assert.EndsWith($"sleep {mark}", left);
        await (await machine.HostAsync()).RunAsync(HostCommand.Of("kill", left.Split(' ')[0]), Token);
        await service.WaitUntilDownAsync(Patience, Token);
    }

    [Fact]
    public async Task A_machine_without_systemd_says_so()
    {
        var service = ServiceFactory.Open(new ServiceOptions { Name = "etcd", Host = "here" }, new LocalHost(new HostOptions { Name = "here", Kind = HostKind.Local }));
        var error = await Assert.ThrowsAsync<ServiceCommandFailedException>(() => service.GetStateAsync(Token));
        Assert.StartsWith("etcd on here could not be asked for its state: ", error.Message);
    }

    private string Etcd(int client, int peer, string cluster) => $"""
        [Service]
        Type=notify
        TimeoutStartSec=infinity
        ExecStart={EtcdBinaries.V35.Etcd} --name m1 --data-dir {_folder["data" + Guid.NewGuid().ToString("N")]} --initial-cluster {cluster} --initial-advertise-peer-urls http://127.0.0.1:{peer} \
          --listen-peer-urls http://127.0.0.1:{peer} --listen-client-urls http://127.0.0.1:{client} --advertise-client-urls http://127.0.0.1:{client}

        """;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Mark() => $"9{Random.Shared.Next(100_000, 999_999)}.{Random.Shared.Next(100_000, 999_999)}";

    private async Task<int> PidAsync(DrPowerShell.Core.Ports.IService service) =>
        int.Parse((await (await machine.SystemdAsync()).SystemctlAsync("show", "-p", "MainPID", "--value", service.Name)).ThrowIfFailed().Output, CultureInfo.InvariantCulture);
}
