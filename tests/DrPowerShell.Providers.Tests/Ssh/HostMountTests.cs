using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Providers.Ssh;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Providers.Tests.Ssh;

/// <summary>Mounts on a host: full ones, and those that a rename cannot cross although the device is the same.</summary>
public sealed class HostMountTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new("mount");
    private SshServer _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Sftp.Root.Require();
        _server = await SshServer.StartAsync();
        foreach (var name in new[] { "small", "bound", "real" })
        {
            _folder.CreateFolder(name);
        }

        (await Command.RunAsync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", _folder["small"]])).ThrowIfFailed();
        (await Command.RunAsync("mount", ["--bind", _folder["real"], _folder["bound"]])).ThrowIfFailed();
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await Command.RunAsync("umount", [_folder["small"], _folder["bound"]]);
        _folder.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_full_file_system_is_told_and_keeps_what_it_had(bool isLocal)
    {
        await using var host = Open(isLocal);
        await host.WriteAsync(_folder["small", "file"], "old"u8.ToArray(), null, Token);
        var error = await Assert.ThrowsAsync<HostDiskFullException>(() => host.WriteAsync(_folder["small", "file"], new byte[8_000_000], null, Token));
        Assert.Contains(host.Name, error.Message);
        Assert.Equal("old", await File.ReadAllTextAsync(_folder["small", "file"], Token));
        await Assert.ThrowsAsync<HostDiskFullException>(() => host.TryCreateAsync(_folder["small", "lock"], new byte[8_000_000], Token));

        _folder.CreateFolder("local");
        var bytes = new byte[8_000_000];
        Random.Shared.NextBytes(bytes);
        await File.WriteAllBytesAsync(_folder["local", "db"], bytes, Token);
        await Assert.ThrowsAsync<HostDiskFullException>(() => host.UploadAsync(_folder["local"], _folder["small", "data"], null, Token));
        Assert.Equal([_folder["small", "file"]], Directory.EnumerateFileSystemEntries(_folder["small"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rename_across_a_bind_mount_would_be_a_copy_and_is_refused(bool isLocal)
    {
        await using var host = Open(isLocal);
        _folder.CreateFolder("data");
        await Assert.ThrowsAsync<HostVolumesDifferException>(() => host.MoveAsync(_folder["data"], _folder["bound", "data"], Token));
        await Assert.ThrowsAsync<HostVolumesDifferException>(() => host.MoveAsync(_folder["bound"], _folder["elsewhere"], Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["bound"]));
        Assert.Equal(_folder["bound"], (await host.GetVolumeAsync(_folder["bound", "none"], Token)).MountPoint);
        Assert.Equal(_folder["small"], (await host.GetVolumeAsync(_folder["small"], Token)).MountPoint);

        await File.WriteAllTextAsync(_folder["bound", "x"], "", Token);
        await Assert.ThrowsAsync<HostCommandFailedException>(() => host.RemoveAsync(_folder["bound"], Token));
        Assert.True(File.Exists(_folder["real", "x"]));
    }

    private IHost Open(bool isLocal) =>
        isLocal ? new LocalHost(new HostOptions { Name = "here", Kind = HostKind.Local }) : new SshHost(SshMachines.Options(_server));
}
