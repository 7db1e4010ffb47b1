using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Backups;

/// <summary>A real process killed (SIGKILL) at every single step of a backup's writing.</summary>
public sealed class BackupKillTests : IDisposable
{
    private const int Killed = 128 + 9;

    private readonly TempFolder _temp = new("kill");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_backup_killed_at_any_step_leaves_its_target_absent_or_complete_and_the_next_one_works()
    {
        var golden = RepositoryPaths.Fixture("golden.db");
        var whole = await File.ReadAllBytesAsync(golden, TestContext.Current.CancellationToken);
        var (step, complete, parts) = (0, 0, 0);
        for (var code = Killed; code == Killed;)
        {
            step++;
            var path = _temp[$"{step}.db"];
            var run = await Command.RunAsync(CrashHost, [golden, $"{step}", "backup", path], cancellationToken: TestContext.Current.CancellationToken);
            code = run.ExitCode;
            Assert.True(code is 0 or Killed, run.Error);
            if (File.Exists(path))
            {
                complete++;
                Assert.Equal(whole, await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
                Assert.False(File.Exists(path + ".part"));
                continue;
            }

            parts += File.Exists(path + ".part") ? 1 : 0;
            await using var next = SnapshotFileWriter.Begin(path);
            await next.AppendAsync(whole, TestContext.Current.CancellationToken);
            await next.CompleteAsync();
            next.Publish();
            Assert.False(File.Exists(path + ".part"));
        }

        Assert.True(step >= 6 && complete == 2 && parts >= 3, $"{step} steps, {complete} complete, {parts} parts");
        Assert.Equal(step, _temp.List().Count);
    }

    private static string CrashHost { get; } =
        Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "tests", "DrPowerShell.CrashHost", "bin"), "DrPowerShell.CrashHost", SearchOption.AllDirectories)
            .MaxBy(File.GetLastWriteTimeUtc) ?? throw new FileNotFoundException("DrPowerShell.CrashHost was not built.");
}
