using DrPowerShell.CrashHost;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots.Restore;

/// <summary>A real process killed (SIGKILL) at every single step of a restore.</summary>
public sealed class RestoreKillTests : IDisposable
{
    private const int Killed = 128 + 9;

    private readonly TempFolder _temp = new("kill");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public Task A_restore_killed_at_any_step_leaves_its_target_absent_or_complete() =>
        KillAtEveryStepAsync(RestorePlans.OneMember, "plain", (root, _) => Path.Combine(root, "{member}"));

    [Fact]
    public Task A_compact_restore_killed_at_any_step_leaves_its_empty_target_empty_or_complete() =>
        KillAtEveryStepAsync(RestorePlans.OneMember, "compact", (root, _) =>
        {
            Directory.CreateDirectory(Path.Combine(root, "m1"));
            return Path.Combine(root, "{member}");
        });

    [Fact]
    public Task A_restore_of_three_members_killed_at_any_step_leaves_each_target_absent_or_complete() =>
        KillAtEveryStepAsync(RestorePlans.ThreeMembers, "plain", (root, _) => Path.Combine(root, "{member}"), every: 3);

    [Fact]
    public async Task A_restore_into_a_mount_point_killed_at_any_step_leaves_it_without_a_member_or_complete()
    {
        var mounts = new List<TmpfsMount>();
        try
        {
            for (var i = 0; i < 3; i++)
            {
                mounts.Add(await TmpfsMount.CreateAsync(_temp["mounts", $"{i}"], "size=16m"));
            }

            await KillAtEveryStepAsync(RestorePlans.OneMember, "plain", (_, slot) => mounts[slot].FullName);
        }
        finally
        {
            foreach (var mount in mounts)
            {
                await mount.DisposeAsync();
            }
        }
    }

    private async Task KillAtEveryStepAsync(string cluster, string mode, Func<string, int, string> prepare, int every = 1)
    {
        var steps = await CountAsync(cluster, mode, prepare);
        var slots = new System.Collections.Concurrent.ConcurrentQueue<int>([0, 1, 2]);
        var complete = 0;
        await Parallel.ForEachAsync(Enumerable.Range(1, steps).Where(n => n % every == 0 || n == steps), new ParallelOptions { MaxDegreeOfParallelism = 3 }, async (n, token) =>
        {
            Assert.True(slots.TryDequeue(out var slot));
            var root = _temp.CreateFolder(Guid.NewGuid().ToString("N"));
            var dataDirectory = prepare(root, slot);
            var run = await Command.RunAsync(CrashHost, [RestorePlans.Golden, $"{n}", mode, cluster, dataDirectory], cancellationToken: token);
            Assert.True(run.ExitCode == Killed, $"Step {n} of {steps}: exit code {run.ExitCode}. {run.Error}");

            var options = RestorePlans.Options(cluster, dataDirectory) with { RevisionBump = 1000, Compact = mode == "compact" };
            foreach (var target in options.Targets)
            {
                if (Directory.Exists(Path.Combine(target.DataDirectory, "member")))
                {
                    Interlocked.Increment(ref complete);
                    // It is whole already; only the temporary folder may still be there.
                    foreach (var stage in RestorePlans.StagesIn(target.DataDirectory))
                    {
                        Directory.Delete(stage, recursive: true);
                    }

                    await RestorePlans.AssertCompleteAsync(target.DataDirectory, options);
                    foreach (var entry in Directory.EnumerateDirectories(target.DataDirectory))
                    {
                        Directory.Delete(entry, recursive: true);
                    }
                }
                else if (Directory.Exists(target.DataDirectory))
                {
                    Assert.All(Directory.EnumerateFileSystemEntries(target.DataDirectory), entry => Assert.Contains(".drps-", entry));
                }
            }

            await RestorePlans.RestoreQuicklyAsync(RestorePlans.Golden, options);
            foreach (var target in options.Targets)
            {
                await RestorePlans.AssertCompleteAsync(target.DataDirectory, options);
                Assert.Empty(RestorePlans.StagesIn(Path.GetDirectoryName(target.DataDirectory)!));
                Directory.Delete(Path.Combine(target.DataDirectory, "member"), recursive: true);
            }

            Directory.Delete(root, recursive: true);
            slots.Enqueue(slot);
        });

        // The last steps come after the rename.
        Assert.True(complete > 0);
    }

    private async Task<int> CountAsync(string cluster, string mode, Func<string, int, string> prepare)
    {
        var dataDirectory = prepare(_temp.CreateFolder("count"), 0);
        var options = RestorePlans.Options(cluster, dataDirectory) with { RevisionBump = 1000, Compact = mode == "compact" };
        var files = new SteppedFiles((_, _) => { });
        await RestorePlans.RestoreAsync(RestorePlans.Golden, options, files);
        foreach (var target in options.Targets)
        {
            Directory.Delete(Path.Combine(target.DataDirectory, "member"), recursive: true);
        }

        return files.Steps;
    }

    // The tests may run in Release or Debug, on .NET 8 or 10: whichever build of it there is, the newest.
    private static string CrashHost { get; } =
        Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "tests", "DrPowerShell.CrashHost", "bin"), "DrPowerShell.CrashHost", SearchOption.AllDirectories)
            .MaxBy(File.GetLastWriteTimeUtc) ?? throw new FileNotFoundException("DrPowerShell.CrashHost was not built.");
}
