using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Providers.Tests.Sftp;

/// <summary>Ways through other hosts, each of which is checked as if it were the last.</summary>
public sealed class SftpJumpTests(SharedSshServer ssh) : IDisposable
{
    private readonly TempFolder _folder = new("sftp");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_store_is_reached_through_two_hosts_and_again_after_the_way_broke()
    {
        await using var first = await SshServer.StartAsync();
        await using var second = await SshServer.StartAsync();
        await using var proxy = new DelayingProxy(new Uri($"tcp://127.0.0.1:{first.Port}"));
        var nearest = Hop(first) with { Port = proxy.Url.Port };
        await File.WriteAllTextAsync(first.KnownHosts, $"[127.0.0.1]:* {first.HostKey("ed25519")}\n");
        await using var store = await OpenAsync(nearest, Hop(second));
        var bytes = new byte[3_000_000];
        await store.PutAsync("prod/x", bytes, new(), default);
        proxy.Cut();
        Assert.Equal(bytes.Length, (await store.FindAsync("prod/x", default))!.Size);
    }

    [Fact]
    public async Task A_host_in_between_with_a_wrong_key_is_not_passed()
    {
        await using var first = await SshServer.StartAsync();
        var hop = Hop(first) with { Access = new SftpAccess { KeyPath = first.Key, KnownHostsPaths = [ssh.Server.KnownHosts] } };
        var error = await Assert.ThrowsAsync<StoreHostKeyUnknownException>(() => OpenAsync(hop));
        Assert.Contains($":{first.Port}", error.Message);

        // The last host's key is looked up under its own name, not under the one of the way to it.
        await File.WriteAllTextAsync(_folder["known"], $"[127.0.0.1]:{ssh.Server.Port} {first.HostKey("ed25519")}\n");
        var options = ssh.Options(_folder.FullName, access: ssh.Access with { KnownHostsPaths = [_folder["known"]], Jumps = [Hop(first)] });
        var last = await Assert.ThrowsAsync<StoreHostKeyMismatchException>(() => SharedSshServer.OpenAsync(options));
        Assert.Contains($":{ssh.Server.Port}", last.Message);
    }

    [Fact]
    public async Task A_host_in_between_that_cannot_go_on_is_named()
    {
        await using var first = await SshServer.StartAsync();
        var port = FreePorts.Next();
        var options = ssh.Options(_folder.FullName, port, ssh.Access with { Jumps = [Hop(first)] });
        var error = await Assert.ThrowsAsync<StoreUnreachableException>(() => SharedSshServer.OpenAsync(options));
        Assert.Contains($"127.0.0.1:{first.Port}", error.Message);
        Assert.Contains($"127.0.0.1:{port}", error.Message);
    }

    private static SshHop Hop(SshServer server) =>
        new("127.0.0.1", server.Port, server.User) { Access = new SftpAccess { KeyPath = server.Key, KnownHostsPaths = [server.KnownHosts] } };

    private Task<IBlobStore> OpenAsync(params SshHop[] jumps) =>
        SharedSshServer.OpenAsync(ssh.Options(_folder.FullName, access: ssh.Access with { Jumps = jumps }));
}
