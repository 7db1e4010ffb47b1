using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Repositories;

/// <summary>A small file system of its own, mounted on a folder, that can be filled up and made read-only.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const string Filler = ".filler";

    private SmallDisk(string folder) => FullName = folder;

    public string FullName { get; }

    /// <summary>What lies on it, without what fills it up.</summary>
    public IReadOnlyList<string> Files => [.. Directory.EnumerateFiles(FullName, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(FullName, path)).Where(name => name != Filler).Order(StringComparer.Ordinal)];

    /// <summary>Mounts it; needs root, without which the test is skipped on a developer's machine and fails in CI.</summary>
    public static async Task<SmallDisk> MountAsync(string folder, string size)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess || Environment.GetEnvironmentVariable("CI") is { Length: > 0 }, "Only root mounts.");
        (await Command.RunAsync("mount", ["-t", "tmpfs", "-o", $"size={size}", "drps-test", folder])).ThrowIfFailed();
        return new(folder);
    }

    /// <summary>Takes all room but so many bytes.</summary>
    public void Fill(long leave)
    {
        using var filler = new FileStream(Path.Combine(FullName, Filler), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var zeros = new byte[4096];
        try
        {
            while (true)
            {
                filler.Write(zeros);
            }
        }
        catch (IOException)
        {
            filler.SetLength(filler.Length - leave);
        }
    }

    public void MakeRoom() => File.Delete(Path.Combine(FullName, Filler));

    /// <summary>Mounts it read-only (ro) or for writing (rw).</summary>
    public async Task RemountAsync(string how) => (await Command.RunAsync("mount", ["-o", "remount," + how, FullName])).ThrowIfFailed();

    public async ValueTask DisposeAsync() => (await Command.RunAsync("umount", ["-l", FullName])).ThrowIfFailed();
}
