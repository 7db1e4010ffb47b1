using System.Runtime.Versioning;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Checking;
using DrPowerShell.Core.Repositories.Collecting;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Retention;
using DrPowerShell.Core.Tests.Backups;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Repositories;

/// <summary>A repository on a real file system that is full, fills up, or is read-only: what is told, what is left, and how it goes on.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class FolderDiskTests(LoadedMember loaded) : IClassFixture<LoadedMember>, IAsyncLifetime
{
    private readonly TempFolder _temp = new("disk");
    private SmallDisk _disk = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // The database has 8 MB, nearly none of which zstd can take away.
    public async ValueTask InitializeAsync() => _disk = await SmallDisk.MountAsync(_temp.CreateFolder("store"), "32m");

    public async ValueTask DisposeAsync()
    {
        if (_disk is not null)
        {
            await _disk.DisposeAsync();
        }

        _temp.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    [InlineData(1 << 20)]
    public async Task A_backup_onto_a_full_disk_says_where_and_leaves_nothing_and_the_next_one_after_room_was_made_is_whole(long left)
    {
        var first = await BackUpAsync();
        _disk.Fill(left);

        var error = await Assert.ThrowsAsync<StoreFullException>(() => BackUpAsync());

        Assert.Equal("StoreFull", error.ErrorId);
        Assert.Equal(FailureKind.DiskFull, error.Kind);
        Assert.Contains(_disk.FullName, error.Message, StringComparison.Ordinal);
        Assert.Contains("Invoke-SnapshotRetention", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(ObjectsOf(first), _disk.Files);

        _disk.MakeRoom();
        var second = await BackUpAsync();
        await AreGoodAsync(first, second);
    }

    [Fact]
    public async Task A_disk_that_fills_up_between_the_object_and_the_manifest_leaves_no_object()
    {
        await Assert.ThrowsAsync<StoreFullException>(() => BackUpAsync((call, name) =>
        {
            if (call == "begin" && name.EndsWith(".manifest.json", StringComparison.Ordinal))
            {
                _disk.Fill(leave: 0);
            }
        }));

        Assert.Empty(_disk.Files);
        _disk.MakeRoom();
        await AreGoodAsync(await BackUpAsync());
    }

    [Fact]
    public async Task Room_is_made_on_a_disk_that_has_none_left()
    {
        await BackUpAsync();
        await BackUpAsync();
        // Which of two is the newer is told to the second.
        await Task.Delay(TimeSpan.FromSeconds(1.1), Token);
        var newest = await BackUpAsync();
        _disk.Fill(leave: 0);
        await using (var repository = await OpenAsync())
        {
            var removed = new List<RetentionDecision>();
            await new RetentionRunner(repository, TimeProvider.System).RunAsync(
                new() { Policy = new() { Last = 1 } }, _ => true, new Into<RetentionDecision>(removed), collected: null, TimeSpan.Zero, Token);
            Assert.Equal(["Keep", "Removed", "Removed"], removed.Select(d => d.Act));
        }

        Assert.Equal(ObjectsOf(newest), _disk.Files);
        await AreGoodAsync(newest, await BackUpAsync());
    }

    [Fact]
    public async Task A_disk_that_takes_no_proof_keeps_nobody_from_testing_what_is_on_it()
    {
        var snapshot = await BackUpAsync();
        await using var repository = await OpenAsync();
        var stored = await repository.GetAsync(BackupId.Parse(snapshot.Name), Token);
        _disk.Fill(leave: 0);
        await TestAsync();
        await _disk.RemountAsync("ro");
        await TestAsync();
        Assert.Equal(ObjectsOf(snapshot), _disk.Files);

        async Task TestAsync()
        {
            var told = new List<string>();
            Assert.True((await new StoredSnapshotTest(repository).TestAsync(stored, new(), progress: null, new Into<string>(told), Token)).IsValid);
            Assert.Contains(_disk.FullName, Assert.Single(told), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_backup_onto_a_read_only_disk_is_told_before_anything_is_streamed()
    {
        var first = await BackUpAsync();
        await _disk.RemountAsync("ro");

        var error = await Assert.ThrowsAsync<StoreReadOnlyException>(() => BackUpAsync((_, name) => Assert.EndsWith(".pending", name, StringComparison.Ordinal)));

        Assert.Equal("StoreReadOnly", error.ErrorId);
        Assert.Equal(FailureKind.Permission, error.Kind);
        Assert.Contains(_disk.FullName, error.Message, StringComparison.Ordinal);
        Assert.Contains("remount,rw", error.RecommendedAction, StringComparison.Ordinal);
        await AreGoodAsync(first);
        await using (var repository = await OpenAsync())
        {
            await Assert.ThrowsAsync<StoreReadOnlyException>(() => new RetentionRunner(repository, TimeProvider.System).RunAsync(
                new() { Policy = new() { Last = 1 } }, _ => true, new Into<RetentionDecision>([]), collected: null, TimeSpan.Zero, Token));
        }

        await _disk.RemountAsync("rw");
        await AreGoodAsync(first, await BackUpAsync());
    }

    [Fact]
    public async Task What_a_disk_that_turned_read_only_kept_is_no_backup_and_is_collected_when_it_is_old()
    {
        var first = await BackUpAsync();
        await Assert.ThrowsAsync<StoreReadOnlyException>(() => BackUpAsync((call, name) =>
        {
            if (call == "begin" && name.EndsWith(".manifest.json", StringComparison.Ordinal))
            {
                // The object is there whole; neither it nor the mark can be taken away any more.
                _disk.RemountAsync("ro").GetAwaiter().GetResult();
            }
        }));

        var left = _disk.Files.Except(ObjectsOf(first)).ToList();
        Assert.Equal([".db.zst", ".pending"], left.Select(name => name[name.IndexOf('.', StringComparison.Ordinal)..]));
        await AreGoodAsync(first);

        await _disk.RemountAsync("rw");
        var second = await BackUpAsync();
        await AreGoodAsync(first, second);
        await using var repository = await OpenAsync();
        Assert.Equal(0, await CollectAsync(repository, TimeProvider.System.GetUtcNow().AddHours(23)));
        Assert.Equal(2, await CollectAsync(repository, TimeProvider.System.GetUtcNow().AddHours(25)));
        Assert.Equal(ObjectsOf(first, second), _disk.Files);
    }

    private static IReadOnlyList<string> ObjectsOf(params EtcdSnapshot[] snapshots) => [.. snapshots
        .SelectMany(s => new[] { s.Manifest!.Object.Name, $"prod/{s.Name}.manifest.json" }).Order(StringComparer.Ordinal)];

    private static async Task<int> CollectAsync(SnapshotRepository repository, DateTimeOffset now)
    {
        var (collector, count) = (new RepositoryCollector(repository), 0);
        await foreach (var leftover in collector.FindAsync(now, Token))
        {
            count += await collector.CollectAsync(leftover, now, Token) ? 1 : 0;
        }

        return count;
    }

    private Task<SnapshotRepository> OpenAsync() => SnapshotRepository.OpenAsync(RepositoryUri.Parse(_disk.FullName), Token);

    // Just these are there, every one of them reads whole, and nothing speaks against the repository.
    private async Task AreGoodAsync(params EtcdSnapshot[] snapshots)
    {
        await using var repository = await OpenAsync();
        var check = await new RepositoryCheck(repository).RunAsync(
            new() { Reverify = Reverification.All, Test = new() { RecordProof = false } }, progress: null, Token);
        Assert.Empty(check.Findings);
        Assert.Equal((snapshots.Length, snapshots.Length), (check.Backups, check.Reverified));
        Assert.Equal(snapshots.Select(s => s.Name).Order(), (await StoredBackups.ListAsync(repository)).Select(b => b.Id.ToString()).Order());
    }

    private async Task<EtcdSnapshot> BackUpAsync(Action<string, string>? before = null)
    {
        await using var cluster = await loaded.Cluster.Options().OpenAsync();
        var options = RepositoryUri.Parse(_disk.FullName);
        await using var repository = SnapshotRepository.Over(options, new FaultyBlobStore(FolderBlobStore.Open(options.Uri)) { Before = before ?? ((_, _) => { }) });
        return await new RepositoryBackup().RunAsync(cluster, repository, new() { ClusterName = "prod" }, null, null, Token);
    }

    private sealed class Into<T>(List<T> list) : IProgress<T>
    {
        public void Report(T value) => list.Add(value);
    }
}
