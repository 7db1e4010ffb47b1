using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Collecting;
using DrPowerShell.Core.Repositories.Locking;
using DrPowerShell.Core.Repositories.Manifests;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Repositories;

public sealed class RepositoryCollectorTests : IAsyncDisposable
{
    private static readonly BackupId Id = BackupId.Parse("prod-20261122T140000Z-0001");

    private readonly FakeTimeProvider _time = new(new(2026, 11, 22, 14, 0, 0, TimeSpan.Zero));
    private readonly MemoryBlobStore _store;
    private readonly SnapshotRepository _repository;

    public RepositoryCollectorTests()
    {
        _store = new(_time);
        _repository = SnapshotRepository.Over(new RepositoryOptions { Name = "test", Uri = _store.Location }, _store);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task What_a_killed_backup_left_goes_when_its_mark_is_a_day_old()
    {
        _store[BackupNames.Pending(Id)] = [1]; // of a process that is gone
        _store[$"prod/{Id}.db.zst"] = new byte[10];
        await _store.BeginPutAsync($"prod/{Id}.files.tar.age", new(), default);
        _time.Advance(TimeSpan.FromHours(23.9));
        Assert.Empty(await CollectAsync());
        Assert.Equal(2, _store.Names.Count);

        _time.Advance(TimeSpan.FromHours(0.2));
        Assert.Equal(
            [LeftoverKind.UnfinishedUpload, LeftoverKind.Orphan, LeftoverKind.Mark],
            (await CollectAsync()).Select(c => c.Kind));
        Assert.Empty(_store.Names);
        Assert.Empty(_store.Unfinished);
    }

    [Fact]
    public async Task Whatever_is_left_of_a_backup_that_died_at_any_call_goes_once_its_mark_has_expired_and_nothing_else()
    {
        for (var (n, isFinished) = (0, false); !isFinished; n++)
        {
            var store = new MemoryBlobStore(_time);
            var dying = StoredBackups.Over(new FaultyBlobStore(store) { KillAt = n }, o => o with { CompressionLevel = 0 });
            try
            {
                await WriteAsync(dying);
                isFinished = true;
            }
            catch (KilledException)
            {
                Assert.True(n < 50, "it never ends");
            }

            var repository = StoredBackups.Over(store);
            var left = store.Names;
            Assert.True(await StoredBackups.AreWholeAsync(repository), $"killed before call {n}");
            _time.Advance(TimeSpan.FromHours(23));
            Assert.Empty(await CollectAsync(repository));
            Assert.Equal(left, store.Names);

            string[] others = ["prod/prod-20261122T140000Z-0002.db", "prod/prod-20261122T140000Z-0002.pending"];
            store[others[0]] = [1];
            store[others[1]] = [1];
            _time.Advance(TimeSpan.FromHours(2));
            await CollectAsync(repository);
            Assert.Empty(store.Unfinished);
            Assert.Equal(others, store.Names.Intersect(others, StringComparer.Ordinal));
            Assert.Equal(isFinished || left.Any(name => name.EndsWith(BackupNames.ManifestEnding, StringComparison.Ordinal)) ? 4 : 2, store.Names.Count);
        }
    }

    [Fact]
    public async Task A_running_backup_that_renews_its_mark_is_never_touched_however_long_it_takes()
    {
        _store[$"prod/{Id}.db"] = new byte[10];
        await _store.BeginPutAsync($"prod/{Id}.files.tar", new(), default);
        await using (await PendingMark.SetAsync(_store, Id, _time, default))
        {
            for (var hour = 0; hour < 50; hour++)
            {
                _time.Advance(TimeSpan.FromHours(1));
                await Task.Yield();
            }

            await DrPowerShell.Testing.Eventually.IsTrueAsync(
                async () => (await _store.FindAsync(BackupNames.Pending(Id), default))!.Modified > _time.GetUtcNow() - TimeSpan.FromHours(2), "the mark was renewed");
            Assert.Empty(await CollectAsync());
        }

        Assert.Equal([$"prod/{Id}.db"], _store.Names);
    }

    [Fact]
    public async Task Finished_backups_foreign_names_and_locked_objects_stay_and_old_marks_beside_a_manifest_go()
    {
        string[] kept =
        [
            $"prod/{Id}.db", $"prod/{Id}.manifest.json", $"prod/{Id}.proof-20261122T150000000Z.json", "prod/notes.txt", "readme", $"other/{Id}.db", $"{Id}.db",
            ".lock/mine.txt", "prod/prod-20261122T140000Z-0002.db.age", "prod/prod-20261122T140000Z-0002.db.part",
        ];
        foreach (var name in (string[])[.. kept, BackupNames.Pending(Id), ".lock/removal-20261122T135000Z-0a1b2c3d.json"])
        {
            _store[name] = [1];
        }

        _store.Retain("prod/prod-20261122T140000Z-0002.db.age", _time.GetUtcNow().AddDays(30));
        await _store.BeginPutAsync("prod/dump.sql", new(), default);
        _time.Advance(TimeSpan.FromDays(2));

        Assert.Equal([".lock/removal-20261122T135000Z-0a1b2c3d.json", BackupNames.Pending(Id)], (await CollectAsync()).Select(c => c.Name));
        Assert.Equal(kept.Order(StringComparer.Ordinal), _store.Names);
        Assert.Single(_store.Unfinished);
    }

    [Fact]
    public async Task Proofs_and_objects_of_a_removed_backup_go_the_objects_first()
    {
        _store[$"prod/{Id}.proof-20261122T150000000Z.json"] = [1];
        _store[$"prod/{Id}.db.zst.age"] = [1];
        _store[$"prod/{Id}.files.tar.zst.age"] = [1];
        _time.Advance(TimeSpan.FromDays(2));

        Assert.Equal([".db.zst.age", ".files.tar.zst.age", ".proof-20261122T150000000Z.json"], (await CollectAsync()).Select(c => c.Name[$"prod/{Id}".Length..]));
        Assert.Empty(_store.Names);
    }

    [Fact]
    public async Task What_comes_to_life_between_the_search_and_the_act_stays()
    {
        _store[$"prod/{Id}.db"] = [1];
        _time.Advance(TimeSpan.FromDays(2));
        var found = await FindAsync();
        _store[BackupNames.Manifest(Id)] = [1];

        Assert.False(await new RepositoryCollector(_repository).CollectAsync(Assert.Single(found), _time.GetUtcNow(), default));
        Assert.Equal(2, _store.Names.Count);
    }

    private async Task WriteAsync(SnapshotRepository repository)
    {
        await using var writer = await BackupWriter.BeginAsync(repository, "prod", _time, default);
        await writer.RestartAsync(knowsHash: false, mayReread: false, default);
        await writer.WriteAsync(new byte[100_000], default);
        var sizes = await writer.FinishAsync();
        await writer.PublishSnapshotAsync(default);
        await writer.PublishAsync(new()
        {
            Schema = BackupManifest.CurrentSchema, Id = writer.Id.ToString(), Cluster = new("prod"), Created = _time.GetUtcNow(), Completed = _time.GetUtcNow(),
            Origin = BackupOrigin.Streamed, Verified = "Digest", Plain = sizes.Plain, Object = sizes.Object, Tool = "test", Host = "etcd-1",
        }, default);
    }

    private async Task<List<CollectedObject>> FindAsync(SnapshotRepository? repository = null)
    {
        var found = new List<CollectedObject>();
        await foreach (var leftover in new RepositoryCollector(repository ?? _repository).FindAsync(_time.GetUtcNow(), default))
        {
            found.Add(leftover);
        }

        return found;
    }

    private async Task<List<CollectedObject>> CollectAsync(SnapshotRepository? repository = null)
    {
        var collected = new List<CollectedObject>();
        foreach (var leftover in await FindAsync(repository))
        {
            if (await new RepositoryCollector(repository ?? _repository).CollectAsync(leftover, _time.GetUtcNow(), default))
            {
                collected.Add(leftover);
            }
        }

        return collected;
    }
}
