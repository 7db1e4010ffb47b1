using System.Diagnostics;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Services;
using DrPowerShell.Core.Services.Errors;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Core.Tests.Services;

/// <summary>Static pods: a manifest is moved out and back, and the container, or its process, is waited for.</summary>
public sealed class StaticPodServiceTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TempFolder _folder = new("pod");
    private readonly string _name = "kube-" + Guid.NewGuid().ToString("N")[..8];
    private readonly byte[] _manifest = "apiVersion: v1 # as it was\r\nkind: Pod\n\n"u8.ToArray();
    private StandInKubelet _kubelet = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Manifest => _folder["manifests", _name + ".yaml"];

    private string Stopped => _folder["drpowershell-stopped", _name + ".yaml"];

    public ValueTask InitializeAsync()
    {
        _kubelet = new StandInKubelet(_folder);
        File.WriteAllBytes(Manifest, _manifest);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _kubelet.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_manifest_is_moved_out_and_back_unchanged_and_the_process_is_waited_for()
    {
        var service = Open(Here());
        Assert.Matches(@"^manifest in place; (no crictl on the host|crictl: .*); process \d+$", (await service.WaitUntilUpAsync(Patience, Token)).Evidence);
        await RoundAsync(service);
    }

    [Fact]
    public async Task The_container_is_what_counts_where_the_host_can_tell_of_it()
    {
        await using var server = await SshServer.StartAsync(more: [$"SetEnv PATH={_folder["bin"]}:/usr/sbin:/usr/bin:/sbin:/bin SHLVL=2"]);
        await using var host = ProviderLoader.Catalog.Ssh.Open(new HostOptions
        {
            Name = "cp-1", Address = "127.0.0.1", Port = server.Port, User = server.User, Access = new SftpAccess { KeyPath = server.Key, KnownHostsPaths = [server.KnownHosts] },
        });
        var service = Open(host);
        Assert.Equal("manifest in place; container runs", (await service.WaitUntilUpAsync(Patience, Token)).Evidence);
        await RoundAsync(service);

        // A runtime that does not answer is no proof of anything: the process is looked for.
        await File.WriteAllTextAsync(_folder["broken"], "", Token);
        Assert.StartsWith("manifest in place; crictl: connect: no such file or directory; process ", (await service.WaitUntilUpAsync(Patience, Token)).Evidence);
        await RoundAsync(service);
    }

    [Theory]
    [InlineData("--listen-client-urls=https://127.0.0.1:1,https://10.0.0.1:1", true)]
    [InlineData("-listen-peer-urls https://127.0.0.1:1/", true)]
    [InlineData("--secure-port=1", true)]
    [InlineData("--config-file /etc/another.yaml", true)]
    [InlineData("--listen-client-urls=https://127.0.0.1:2,https://10.0.0.1:1", false)]
    [InlineData("--listen-client-urls=https://127.0.0.1:1 --listen-peer-urls=https://127.0.0.1:2", false)]
    [InlineData("--listen-client-urls=unix://socket", false)]
    [InlineData("--config-file=/etc/here.yaml", false)]
    [InlineData("--name=m1", false)]
    public async Task A_process_of_the_same_name_that_says_it_listens_elsewhere_is_anothers(string flags, bool isAnothers)
    {
        await File.AppendAllTextAsync(Manifest, "# --config-file=/etc/here.yaml", Token);
        var service = ServiceFactory.Open(new ServiceOptions { Name = _name, Host = "here", Kind = ServiceKind.StaticPod, Manifest = Manifest, Ports = [2] }, Here());
        using var other = Process.Start(new ProcessStartInfo("bash", ["-c", "exec -a \"$0\" sh -c 'kill -STOP $$' $1", _name, flags]))!;
        try
        {
            await Eventually.IsTrueAsync(async () => (await service.GetStateAsync(Token)).ProcessIds.Count == (isAnothers ? 1 : 2), "both run");
            await service.StopAsync(Token);
            if (isAnothers)
            {
                await service.WaitUntilDownAsync(Patience, Token);
            }
            else
            {
                var error = await Assert.ThrowsAsync<ServiceNotDownException>(() => service.WaitUntilDownAsync(TimeSpan.FromSeconds(5), Token));
                Assert.Contains(error.Holders, holder => holder.Contains(flags, StringComparison.Ordinal));
            }
        }
        finally
        {
            other.Kill();
        }
    }

    [Fact]
    public async Task A_kubelet_that_does_not_act_is_found_and_a_run_that_died_in_between_goes_on()
    {
        var service = Open(Here());
        await service.WaitUntilUpAsync(Patience, Token);
        await _kubelet.SleepAsync();
        await service.StopAsync(Token);
        var error = await Assert.ThrowsAsync<ServiceNotDownException>(() => service.WaitUntilDownAsync(TimeSpan.FromSeconds(0.5), Token));
        Assert.Contains("manifest moved out", error.Message);
        Assert.Contains(_name, Assert.Single(error.Holders));

        // Another process takes up what this one has begun.
        var again = Open(Here());
        Assert.Equal(ServiceActivity.Between, (await again.GetStateAsync(Token)).Activity);
        await again.StopAsync(Token);
        await _kubelet.WakeAsync();
        await again.WaitUntilDownAsync(Patience, Token);
        await again.StartAsync(Token);
        await again.WaitUntilUpAsync(Patience, Token);
    }

    [Fact]
    public async Task A_pod_that_has_no_manifest_anywhere_or_two_is_told()
    {
        var service = Open(Here());
        await service.WaitUntilUpAsync(Patience, Token);
        Directory.CreateDirectory(_folder["drpowershell-stopped"]);
        await File.WriteAllTextAsync(Stopped, "another", Token);
        var two = await Assert.ThrowsAsync<HostFileExistsException>(() => service.StopAsync(Token));
        Assert.Contains(Stopped, two.Message);
        Assert.Equal(_manifest, await File.ReadAllBytesAsync(Manifest, Token));
        Assert.Equal("another", await File.ReadAllTextAsync(Stopped, Token));
        File.Delete(Manifest);
        File.Delete(Stopped);
        var none = await Assert.ThrowsAsync<ServiceNotFoundException>(() => service.StartAsync(Token));
        Assert.Contains(Manifest, none.Message);
        await Assert.ThrowsAsync<ServiceNotFoundException>(() => service.GetStateAsync(Token));
    }

    private static LocalHost Here() => new(new HostOptions { Name = "here", Kind = HostKind.Local });

    private IService Open(IHost host) => ServiceFactory.Open(new ServiceOptions { Name = _name, Host = host.Name, Kind = ServiceKind.StaticPod, Manifest = Manifest }, host);

    private async Task RoundAsync(IService service)
    {
        await service.StopAsync(Token);
        await service.StopAsync(Token);
        Assert.StartsWith("manifest moved out; ", (await service.WaitUntilDownAsync(Patience, Token)).Evidence);
        Assert.False(File.Exists(Manifest));
        Assert.Equal(_manifest, await File.ReadAllBytesAsync(Stopped, Token));
        await service.StartAsync(Token);
        await service.StartAsync(Token);
        await service.WaitUntilUpAsync(Patience, Token);
        Assert.Equal(_manifest, await File.ReadAllBytesAsync(Manifest, Token));
        Assert.False(File.Exists(Stopped));
    }
}
