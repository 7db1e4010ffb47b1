using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots.Restore;

/// <summary>A small file system of its own in memory, mounted on a folder: a target that cannot be renamed, or has no room.</summary>
internal sealed class TmpfsMount : IAsyncDisposable
{
    private TmpfsMount(string folder) => FullName = folder;

    public string FullName { get; }

    /// <summary>Mounts it; needs root, without which the test is skipped on a developer's machine and fails in CI.</summary>
    public static async Task<TmpfsMount> CreateAsync(string folder, string options)
    {
        RequireRoot();
        Directory.CreateDirectory(folder);
        (await Command.RunAsync("mount", ["-t", "tmpfs", "-o", options, "drps-test", folder])).ThrowIfFailed();
        return new TmpfsMount(folder);
    }

    public static void RequireRoot()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess || Environment.GetEnvironmentVariable("CI") is { Length: > 0 }, "Only root mounts and gives files away.");
        Assert.True(Environment.IsPrivilegedProcess, "CI must run this test as root.");
    }

    public async ValueTask DisposeAsync() => (await Command.RunAsync("umount", [FullName])).ThrowIfFailed();
}
