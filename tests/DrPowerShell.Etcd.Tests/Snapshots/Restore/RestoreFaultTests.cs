using System.Diagnostics;
using DrPowerShell.CrashHost;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots.Restore;

/// <summary>A disk that fails, or a user who cancels, at every single step: each target is absent or complete, and no step leaves anything else.</summary>
public sealed class RestoreFaultTests : IDisposable
{
    private const int NoSpace = 28, InputOutput = 5;

    private readonly TempFolder _temp = new("fault");

    public static TheoryData<string, bool, bool> Shapes => new()
    {
        { RestorePlans.OneMember, false, false },
        { RestorePlans.OneMember, true, false },
        { RestorePlans.OneMember, false, true },
        { RestorePlans.ThreeMembers, false, false },
        { RestorePlans.ThreeMembers, true, true },
    };

    public void Dispose() => _temp.Dispose();

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task A_disk_that_is_full_at_any_step_leaves_targets_absent_or_complete(string cluster, bool compact, bool targetIsThere) =>
        await FailAtEveryStepAsync(cluster, compact, targetIsThere, NoSpace, typeof(TargetDiskFullException));

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task A_disk_that_fails_at_any_step_leaves_targets_absent_or_complete(string cluster, bool compact, bool targetIsThere) =>
        await FailAtEveryStepAsync(cluster, compact, targetIsThere, InputOutput, typeof(TargetWriteFailedException));

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Cancelling_at_any_step_leaves_nothing_or_all(string cluster, bool compact, bool targetIsThere)
    {
        var (steps, cancelled, completed) = (await CountAsync(cluster, compact, targetIsThere), 0, 0);
        for (var n = 1; n <= steps; n++)
        {
            var (root, options) = Prepare(cluster, compact, targetIsThere);
            using var cancel = new CancellationTokenSource();
            var files = new SteppedFiles((step, _) =>
            {
                if (step == n)
                {
                    cancel.Cancel();
                }
            });
            try
            {
                await new SnapshotRestorer(files).RestoreAsync(RestorePlans.Golden, options, null, cancel.Token);
                completed++;
                await AssertTargetsAsync(root, options, expected: options.Targets.Count);
            }
            catch (OperationCanceledException)
            {
                cancelled++;
                await AssertTargetsAsync(root, options, expected: 0);
                Assert.Equal(targetIsThere ? options.Targets.Select(t => t.DataDirectory).Order(StringComparer.Ordinal) : [], Directory.EnumerateFileSystemEntries(root).Order(StringComparer.Ordinal));
            }
        }

        // Not after the first rename: what was begun to be published is published whole.
        Assert.True(cancelled > 10 && completed > 0, $"{cancelled} were cancelled, {completed} completed.");
    }

    [Fact]
    public async Task A_restore_that_was_cancelled_before_it_began_touches_nothing()
    {
        var options = RestorePlans.Options(RestorePlans.OneMember, _temp["a", "b", "data"]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new SnapshotRestorer().RestoreAsync(RestorePlans.Golden, options, null, new CancellationToken(canceled: true)));
        Assert.Empty(_temp.List());
    }

    [Fact]
    public async Task Folders_above_a_target_are_made_and_go_again_when_the_restore_fails()
    {
        var options = RestorePlans.Options(RestorePlans.ThreeMembers, _temp["new", "deep", "{member}", "data"]);
        var files = new SteppedFiles((_, what) => Fail(what.StartsWith("RenameFolder", StringComparison.Ordinal), InputOutput));
        await Assert.ThrowsAsync<TargetWriteFailedException>(() => RestorePlans.RestoreAsync(RestorePlans.Golden, options, files));
        Assert.Empty(_temp.List());

        await RestorePlans.RestoreAsync(RestorePlans.Golden, options);
        foreach (var target in options.Targets)
        {
            await RestorePlans.AssertCompleteAsync(target.DataDirectory, options);
        }
    }

    [Fact]
    public async Task A_real_disk_without_room_is_told_as_such_and_nothing_is_left_on_it()
    {
        await using var disk = await TmpfsMount.CreateAsync(_temp["small"], "size=64k");
        foreach (var target in new[] { _temp["small", "data"], _temp["small"] })
        {
            foreach (var compact in new[] { false, true })
            {
                var options = RestorePlans.Options(RestorePlans.OneMember, target) with { Compact = compact };
                var snapshot = await LiveSnapshots.RandomValuesAsync();
                var error = await Assert.ThrowsAsync<TargetDiskFullException>(() => RestorePlans.RestoreAsync(snapshot, options));
                Assert.Equal(target, error.Subject);
                Assert.Equal(FailureKind.DiskFull, error.Kind);
                Assert.Empty(Directory.EnumerateFileSystemEntries(_temp["small"]));
            }
        }
    }

    [Fact]
    public async Task The_error_names_the_one_target_of_several_whose_disk_is_full()
    {
        await using var disk = await TmpfsMount.CreateAsync(_temp["m2"], "size=64k");
        var options = RestorePlans.Options(RestorePlans.ThreeMembers, _temp["{member}"]);
        var error = await Assert.ThrowsAsync<TargetDiskFullException>(async () => await RestorePlans.RestoreAsync(await LiveSnapshots.RandomValuesAsync(), options));
        Assert.Equal(_temp["m2"], error.Subject);
        Assert.Equal(["m2"], _temp.List());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_writer_that_fails_in_a_large_database_ends_the_reader_soon(bool compact)
    {
        // Larger than all the blocks under way between the two: whoever waits for the other one must be woken.
        var snapshot = await LiveSnapshots.RandomValuesAsync();
        foreach (var at in new[] { 1, 2, 12, 13, 20 })
        {
            var writes = 0;
            var files = new SteppedFiles((_, what) => Fail(what.StartsWith("Write ", StringComparison.Ordinal) && ++writes == at, NoSpace)) { Clone = (_, _) => false };
            var options = RestorePlans.Options(RestorePlans.OneMember, _temp["data"]) with { Compact = compact };
            var clock = Stopwatch.StartNew();
            await Assert.ThrowsAsync<TargetDiskFullException>(() => RestorePlans.RestoreAsync(snapshot, options, files).WaitAsync(TimeSpan.FromSeconds(20)));
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20));
            Assert.Empty(_temp.List());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancelling_while_the_writer_waits_for_its_disk_ends_the_restore(bool compact)
    {
        var snapshot = await LiveSnapshots.RandomValuesAsync();
        using var cancel = new CancellationTokenSource();
        var writes = 0;
        var files = new SteppedFiles((_, what) =>
        {
            if (what.StartsWith("Write ", StringComparison.Ordinal) && ++writes == 3)
            {
                // The reader fills its blocks meanwhile, and waits.
                cancel.CancelAfter(TimeSpan.FromMilliseconds(100));
                cancel.Token.WaitHandle.WaitOne();
            }
        })
        { Clone = (_, _) => false };
        var options = RestorePlans.Options(RestorePlans.OneMember, _temp["data"]) with { Compact = compact };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new SnapshotRestorer(files).RestoreAsync(snapshot, options, null, cancel.Token).WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Empty(_temp.List());
    }

    private async Task FailAtEveryStepAsync(string cluster, bool compact, bool targetIsThere, int code, Type expected)
    {
        var (steps, failures) = (await CountAsync(cluster, compact, targetIsThere), 0);
        for (var n = 1; n <= steps; n++)
        {
            var (root, options) = Prepare(cluster, compact, targetIsThere);
            var failed = "";
            var files = new SteppedFiles((step, what) =>
            {
                failed = step == n ? what : failed;
                Fail(step == n, code);
            });
            try
            {
                await RestorePlans.RestoreAsync(RestorePlans.Golden, options, files);
                // Only a temporary folder that could not be removed is no failure: the next restore removes it.
                Assert.StartsWith("DeleteFolder", failed, StringComparison.Ordinal);
                await AssertTargetsAsync(root, options, options.Targets.Count, mayHaveStage: true);
            }
            catch (RecoveryException e)
            {
                failures++;
                var published = failed.StartsWith("SyncFolder", StringComparison.Ordinal) && !RestorePlans.IsAbsentOrEmpty(options.Targets[0].DataDirectory);
                Assert.True(e.GetType() == expected || (published && e is TargetWriteFailedException), $"At {failed}: {e}");
                Assert.Contains(e.Subject, options.Targets.Select(t => t.DataDirectory));
                await AssertTargetsAsync(root, options);
            }

            await RestoreAgainAsync(options);
            await AssertTargetsAsync(root, options, options.Targets.Count);
            Directory.Delete(root, recursive: true);
        }

        Assert.True(failures > 20, $"Only {failures} steps failed.");
    }

    // Into what is still absent, as a user would after having read the error.
    private static async Task RestoreAgainAsync(RestoreOptions options)
    {
        // A restore that is complete but left its temporary folder is cleaned up after by one into the same, emptied target.
        if (options.Targets.All(t => !RestorePlans.IsAbsentOrEmpty(t.DataDirectory)))
        {
            foreach (var target in options.Targets)
            {
                Directory.Delete(target.DataDirectory, recursive: true);
            }
        }

        foreach (var target in options.Targets)
        {
            if (RestorePlans.IsAbsentOrEmpty(target.DataDirectory))
            {
                await RestorePlans.RestoreQuicklyAsync(RestorePlans.Golden, options with { Targets = [target] });
            }
        }
    }

    private static async Task AssertTargetsAsync(string root, RestoreOptions options, int? expected = null, bool mayHaveStage = false)
    {
        var complete = 0;
        foreach (var target in options.Targets)
        {
            if (!RestorePlans.IsAbsentOrEmpty(target.DataDirectory))
            {
                await RestorePlans.AssertCompleteAsync(target.DataDirectory, options);
                complete++;
            }
        }

        Assert.Equal(expected ?? complete, complete);
        if (!mayHaveStage)
        {
            Assert.Empty(RestorePlans.StagesIn(root));
        }
    }

    private async Task<int> CountAsync(string cluster, bool compact, bool targetIsThere)
    {
        var files = new SteppedFiles((_, _) => { });
        await RestorePlans.RestoreAsync(RestorePlans.Golden, Prepare(cluster, compact, targetIsThere).Options, files);
        Assert.True(files.Steps > 25, $"Only {files.Steps} steps were counted.");
        return files.Steps;
    }

    private (string Root, RestoreOptions Options) Prepare(string cluster, bool compact, bool targetIsThere)
    {
        var root = _temp.CreateFolder(Guid.NewGuid().ToString("N"));
        var options = RestorePlans.Options(cluster, Path.Combine(root, "{member}")) with { Compact = compact, LinksDatabases = targetIsThere };
        foreach (var target in options.Targets.Where(_ => targetIsThere))
        {
            Directory.CreateDirectory(target.DataDirectory);
        }

        return (root, options);
    }

    private static void Fail(bool now, int code)
    {
        if (now)
        {
            throw new IOException($"errno {code}, injected", code);
        }
    }
}
