using System.Diagnostics;
using System.Runtime.Versioning;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Backups;

/// <summary>One member with a database of some megabytes, which no test may damage.</summary>
public sealed class LoadedMember : IAsyncLifetime
{
    public EtcdTestCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.V35);
        await (await EtcdLoad.OpenAsync(Cluster)).PutSequenceAsync(1500, valueSize: 4000);
    }

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}

[UnsupportedOSPlatform("windows")]
public sealed class BackupFaultTests(LoadedMember loaded) : IClassFixture<LoadedMember>, IDisposable
{
    private readonly TempFolder _temp = new("fault");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private EtcdTestCluster Live => loaded.Cluster;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_target_that_exists_is_not_touched()
    {
        await File.WriteAllTextAsync(_temp["a.db"], "mine", Token);

        var error = (await Live.Options().BackUpAsync(_temp["a.db"])).FailsWith<SnapshotFileExistsException>();

        Assert.Equal(_temp["a.db"], error.Subject);
        Assert.Equal("mine", await File.ReadAllTextAsync(_temp["a.db"], Token));
        Assert.Equal(["a.db"], _temp.List());
    }

    [Fact]
    public async Task A_target_that_appears_during_the_backup_is_not_replaced()
    {
        await using var cluster = await Live.Options().OpenAsync();
        var watch = new Watch<BackupProgress>(_ => File.WriteAllText(_temp["a.db"], "theirs"));

        (await cluster.BackUpAsync(_temp["a.db"], progress: watch)).FailsWith<SnapshotFileExistsException>();

        Assert.Equal("theirs", await File.ReadAllTextAsync(_temp["a.db"], Token));
        Assert.Equal(["a.db"], _temp.List());
    }

    [Fact]
    public async Task A_part_that_a_dead_process_left_is_replaced_and_one_that_is_locked_is_not_touched()
    {
        await File.WriteAllTextAsync(_temp["a.db.part"], "left over", Token);
        (await Live.Options().BackUpAsync(_temp["a.db"])).Succeed();
        Assert.Equal(["a.db"], _temp.List());

        await File.WriteAllTextAsync(_temp["b.db.part"], "in use", Token);
        using var other = Process.Start(new ProcessStartInfo("flock", ["-x", "-o", _temp["b.db.part"], "-c", $"touch {_temp["locked"]}; exec sleep 60"]))!;
        try
        {
            await Eventually.IsTrueAsync(() => File.Exists(_temp["locked"]), "the other process holds the part");
            var error = (await Live.Options().BackUpAsync(_temp["b.db"])).FailsWith<BackupInProgressException>();
            Assert.Equal(_temp["b.db.part"], error.Subject);
        }
        finally
        {
            other.Kill(entireProcessTree: true);
            await other.WaitForExitAsync(Token);
        }

        Assert.Equal("in use", await File.ReadAllTextAsync(_temp["b.db.part"], Token));
        (await Live.Options().BackUpAsync(_temp["b.db"])).Succeed();
        Assert.Equal(["a.db", "b.db", "locked"], _temp.List());
    }

    [Fact]
    public async Task Of_many_backups_to_one_name_at_once_one_wins_and_the_file_is_whole()
    {
        for (var round = 0; round < 3; round++)
        {
            var path = _temp[$"{round}.db"];
            await File.WriteAllTextAsync(path + ".part", "left over", Token);
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Live.Options().BackUpAsync(path, o => o with { Level = VerificationLevel.Digest }))));

            Assert.Single(outcomes, o => o.Snapshot is not null);
            Assert.All(outcomes.Where(o => o.Error is not null), o => Assert.True(o.Error is BackupInProgressException or SnapshotFileExistsException, o.Error!.ToString()));
            Assert.True((await new SnapshotVerifier().VerifyAsync(path, VerificationLevel.Structure, null, Token)).IsValid);
        }

        Assert.Equal(["0.db", "1.db", "2.db"], _temp.List());
    }

    [Fact]
    public async Task A_full_disk_is_named_and_nothing_is_left_on_it()
    {
        var mount = _temp.CreateFolder("small");
        (await Command.RunAsync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", mount], cancellationToken: Token)).ThrowIfFailed();
        try
        {
            var error = (await Live.Options().BackUpAsync(Path.Combine(mount, "a.db"))).FailsWith<TargetDiskFullException>();
            Assert.Equal(Path.Combine(mount, "a.db"), error.Subject);
            Assert.Empty(Directory.GetFileSystemEntries(mount));
        }
        finally
        {
            (await Command.RunAsync("umount", ["-l", mount], cancellationToken: CancellationToken.None)).ThrowIfFailed();
        }
    }

    [Fact]
    public async Task A_folder_that_is_missing_is_a_typed_error()
    {
        var error = (await Live.Options().BackUpAsync(_temp["none", "a.db"])).FailsWith<TargetWriteFailedException>();
        Assert.Equal(_temp["none", "a.db"], error.Subject);
    }

    [Fact]
    public async Task A_fault_at_any_change_on_the_disk_leaves_the_target_absent_or_complete()
    {
        await using var cluster = await Live.Options().OpenAsync();
        // In how many pieces the stream comes, and is written, differs a little from one time to the next.
        var steps = int.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var counting = new FailingFiles((_, _) => { });
            File.Delete(_temp["count.db"]);
            (await cluster.BackUpAsync(_temp["count.db"], new SnapshotBackup(counting), o => o with { Level = VerificationLevel.Digest })).Succeed();
            steps = Math.Min(steps, counting.Steps);
        }

        var whole = await File.ReadAllBytesAsync(_temp["count.db"], Token);
        Assert.True(steps > 10, $"{steps} steps");

        for (var (n, tries) = (1, 1); n <= steps; n++)
        {
            var path = _temp[$"{n}.db"];
            var failed = "";
            // From the n-th change on the disk is gone: the clean-up fails too.
            var files = new FailingFiles((step, what) =>
            {
                if (step >= n)
                {
                    failed = failed.Length == 0 ? what : failed;
                    throw new IOException("the disk is gone", 5);
                }
            });

            var outcome = await cluster.BackUpAsync(path, new SnapshotBackup(files), o => o with { Level = VerificationLevel.Digest });

            if (failed.Length == 0 && tries++ < 10)
            {
                // Fewer pieces than ever before: the same step once more.
                outcome.Succeed();
                File.Delete(path);
                n--;
                continue;
            }

            outcome.FailsWith<TargetWriteFailedException>();
            // Only the folder's sync comes after the name.
            Assert.Equal(failed == "sync folder", File.Exists(path));
            Assert.True(!File.Exists(path) || new FileInfo(path).Length == whole.Length);
            if (!File.Exists(path))
            {
                (await cluster.BackUpAsync(path, with: o => o with { Level = VerificationLevel.Digest })).Succeed();
            }

            Assert.False(File.Exists(path + ".part"));
            File.Delete(path);
        }

        Assert.Equal(["count.db"], _temp.List());
    }

    [Fact]
    public async Task A_single_fault_at_any_change_leaves_no_part_either()
    {
        await using var cluster = await Live.Options().OpenAsync();
        for (var n = 1; ; n++)
        {
            var hit = false;
            var files = new FailingFiles((step, _) =>
            {
                if (step == n)
                {
                    hit = true;
                    throw new IOException("once", 5);
                }
            });
            var outcome = await cluster.BackUpAsync(_temp["a.db"], new SnapshotBackup(files), o => o with { Level = VerificationLevel.Digest });
            if (!hit)
            {
                outcome.Succeed();
                break;
            }

            outcome.FailsWith<TargetWriteFailedException>();
            Assert.DoesNotContain("a.db.part", _temp.List());
            File.Delete(_temp["a.db"]);
        }

        Assert.Equal(["a.db"], _temp.List());
    }

    [Fact]
    public async Task A_cancellation_at_any_moment_leaves_nothing_or_the_whole_file()
    {
        await using var cluster = await Live.Options().OpenAsync();
        var reports = 0;
        (await cluster.BackUpAsync(_temp["count.db"], progress: new Watch<BackupProgress>(_ => Interlocked.Increment(ref reports)))).Succeed();
        File.Delete(_temp["count.db"]);
        var random = new Random(20261122);
        var moments = Enumerable.Range(0, 10).Select(_ => random.Next(1, reports)).Append(1).Append(reports);
        foreach (var moment in moments)
        {
            using var stop = new CancellationTokenSource();
            var seen = 0;
            var watch = new Watch<BackupProgress>(_ =>
            {
                if (Interlocked.Increment(ref seen) == moment)
                {
                    stop.Cancel();
                }
            });

            try
            {
                (await cluster.BackUpAsync(_temp["a.db"], progress: watch, token: stop.Token)).Succeed();
                File.Delete(_temp["a.db"]);
            }
            catch (OperationCanceledException)
            {
                // As asked.
            }

            Assert.Empty(_temp.List());
        }
    }
}
