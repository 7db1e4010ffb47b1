using System.Net;
using System.Net.Sockets;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Providers.Sftp;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Providers.Tests.Sftp;

/// <summary>Servers that are not there, or cannot do what is asked: each its own error.</summary>
public sealed class SftpErrorTests(SharedSshServer ssh) : IDisposable
{
    private static readonly SftpPatience Impatient = new() { Connect = TimeSpan.FromSeconds(1), Answer = TimeSpan.FromSeconds(1) };

    private readonly TempFolder _folder = new("sftp");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_port_that_nobody_listens_on_is_unreachable()
    {
        var port = FreePorts.Next();
        var error = await Assert.ThrowsAsync<StoreUnreachableException>(() => SharedSshServer.OpenAsync(ssh.Options("/tmp", port)));
        Assert.Contains($"127.0.0.1:{port}", error.Message);
        Assert.Contains("refused", error.Message);
    }

    [Fact]
    public async Task A_name_without_an_address_is_unreachable_at_once()
    {
        var options = ssh.Options("/tmp") with { Uri = new Uri("sftp://root@no-such-host.invalid/tmp") };
        var error = await Assert.ThrowsAsync<StoreUnreachableException>(() => SharedSshServer.OpenAsync(options));
        Assert.Contains("no-such-host.invalid has no address", error.Message);
    }

    [Fact]
    public async Task A_server_that_says_nothing_times_out()
    {
        await using var proxy = new DelayingProxy(new Uri($"tcp://127.0.0.1:{ssh.Server.Port}"));
        proxy.Stall();
        await Assert.ThrowsAsync<StoreTimedOutException>(() => SharedSshServer.OpenAsync(ssh.Options("/tmp", proxy.Url.Port), Impatient));
    }

    [Fact]
    public async Task A_server_of_another_protocol_is_unreachable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, FreePorts.Next());
        listener.Start();
        var greeting = GreetAsync(listener);
        await Assert.ThrowsAsync<StoreUnreachableException>(() => SharedSshServer.OpenAsync(ssh.Options("/tmp", ((IPEndPoint)listener.LocalEndpoint).Port), Impatient));
        listener.Stop();
        await Assert.ThrowsAnyAsync<Exception>(() => greeting);
    }

    [Fact]
    public async Task A_folder_that_is_missing_or_a_file_is_not_found()
    {
        var error = await Assert.ThrowsAsync<StoreFolderNotFoundException>(() => SharedSshServer.OpenAsync(ssh.Options(_folder["none"])));
        Assert.Contains(_folder["none"], error.Message);
        await File.WriteAllTextAsync(_folder["file"], "");
        await Assert.ThrowsAsync<StoreFolderNotFoundException>(() => SharedSshServer.OpenAsync(ssh.Options(_folder["file"])));
    }

    [Fact]
    public async Task A_folder_of_the_home_is_named_with_a_tilde()
    {
        await using var store = await SharedSshServer.OpenAsync(ssh.Options("/~"));
        Assert.Null(await store.FindAsync("surely/not/there", default));
    }

    [Fact]
    public async Task A_lock_that_is_asked_for_is_not_honoured()
    {
        await using var store = await SharedSshServer.OpenAsync(ssh.Options(_folder.FullName));
        var options = new BlobPutOptions { Retention = new(BlobLockMode.Compliance, TimeProvider.System.GetUtcNow().AddDays(1)) };
        await Assert.ThrowsAsync<LockNotHonouredException>(() => store.PutAsync("x", new byte[1], options, default));
        Assert.Empty(_folder.List());
    }

    [Fact]
    public async Task A_read_only_server_denies_access()
    {
        await using var server = await SshServer.StartAsync(sftpArguments: "-R");
        await using var store = await SharedSshServer.OpenAsync(
            ssh.Options(_folder.FullName, server.Port, new() { KeyPath = server.Key, KnownHostsPaths = [server.KnownHosts] }));
        await File.WriteAllTextAsync(_folder["there"], "there");
        await Assert.ThrowsAsync<StoreAccessDeniedException>(() => store.PutAsync("x", new byte[1], new(), default));
        await Assert.ThrowsAsync<StoreAccessDeniedException>(() => store.DeleteAsync("there", default));
        Assert.Equal(["there"], _folder.List());
    }

    [Theory]
    [InlineData(200_000)]
    [InlineData(8 << 20)]
    public async Task A_full_disk_says_so_and_leaves_nothing(int size)
    {
        Root.Require();
        (await Command.RunAsync("mount", ["-t", "tmpfs", "-o", "size=128k", "drps-test", _folder.FullName])).ThrowIfFailed();
        try
        {
            await using (var store = await SharedSshServer.OpenAsync(ssh.Options(_folder.FullName)))
            {
                await Assert.ThrowsAsync<StoreFullException>(() => store.PutAsync("prod/x", new byte[size], new(), default));
            }

            Assert.DoesNotContain(_folder.List(), name => name.Contains(".part-", StringComparison.Ordinal));
        }
        finally
        {
            await Eventually.IsTrueAsync(async () => (await Command.RunAsync("umount", [_folder.FullName])).ExitCode == 0, "unmounted");
        }
    }

    [Fact]
    public async Task A_file_system_that_is_read_only_says_so()
    {
        Root.Require();
        (await Command.RunAsync("mount", ["-t", "tmpfs", "-o", "ro,size=64k", "drps-test", _folder.FullName])).ThrowIfFailed();
        try
        {
            await using var store = await SharedSshServer.OpenAsync(ssh.Options(_folder.FullName));
            await Assert.ThrowsAsync<StoreReadOnlyException>(() => store.PutAsync("x", new byte[1], new(), default));
        }
        finally
        {
            await Eventually.IsTrueAsync(async () => (await Command.RunAsync("umount", [_folder.FullName])).ExitCode == 0, "unmounted");
        }
    }

    private static async Task GreetAsync(TcpListener listener)
    {
        while (true)
        {
            using var client = await listener.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync("220 mail.example ESMTP ready\r\n"u8.ToArray());
        }
    }
}
