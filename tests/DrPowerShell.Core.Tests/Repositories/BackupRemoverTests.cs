using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Removing;
using DrPowerShell.Testing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Repositories;

public sealed class BackupRemoverTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new(2026, 11, 22, 14, 0, 0, TimeSpan.Zero));
    private readonly TempFolder _temp = new("remove");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_process_that_dies_at_any_call_leaves_no_manifest_without_its_object()
    {
        for (var n = 0; ; n++)
        {
            var folder = FolderBlobStore.Open(new Uri(_temp.CreateFolder($"kill-{n}")));
            var repository = StoredBackups.Over(folder);
            var backup = await StoredBackups.AddAsync(repository, "prod-20261122T120000Z-0001", files: true);
            await StoredBackups.ProveAsync(repository, backup, _time.GetUtcNow());
            await StoredBackups.AddAsync(repository, "prod-20261122T130000Z-0002");
            await using var dying = new FaultyBlobStore(folder) { KillAt = n };
            try
            {
                await new BackupRemover(StoredBackups.Over(dying), _time).RemoveAsync(backup.Id, default);
                Assert.True(n > 5, "the store was hardly used");
                Assert.Equal(["prod", "prod/prod-20261122T130000Z-0002.db", "prod/prod-20261122T130000Z-0002.manifest.json"], Directory.GetFileSystemEntries(_temp[$"kill-{n}"], "*", SearchOption.AllDirectories)
                    .Select(path => Path.GetRelativePath(_temp[$"kill-{n}"], path)).Order(StringComparer.Ordinal));
                return;
            }
            catch (KilledException)
            {
                Assert.True(await StoredBackups.AreWholeAsync(repository), $"killed before call {n}");
            }
        }
    }

    [Fact]
    public async Task A_locked_backup_is_refused_whole()
    {
        var store = new MemoryBlobStore(_time);
        var repository = StoredBackups.Over(store);
        var backup = await StoredBackups.AddAsync(repository, "prod-20261122T120000Z-0001");
        store.Retain(backup.Manifest.Object.Name, _time.GetUtcNow().AddDays(1));

        await Assert.ThrowsAsync<BlobLockedException>(() => new BackupRemover(repository, _time).RemoveAsync(backup.Id, default));

        Assert.Equal(2, store.Names.Count);
        _time.Advance(TimeSpan.FromDays(2));
        await new BackupRemover(repository, _time).RemoveAsync(backup.Id, default);
        Assert.Empty(store.Names);
        await Assert.ThrowsAsync<BackupNotFoundException>(() => new BackupRemover(repository, _time).RemoveAsync(backup.Id, default));
    }

    [Fact]
    public async Task The_newest_verified_and_the_last_one_are_protected()
    {
        var repository = StoredBackups.Over(new MemoryBlobStore(_time));
        var old = await StoredBackups.AddAsync(repository, "prod-20261122T110000Z-0001");
        var verified = await StoredBackups.AddAsync(repository, "prod-20261122T120000Z-0001");
        var newest = await StoredBackups.AddAsync(repository, "prod-20261122T130000Z-0001", with: m => m with { Verified = "Digest" });
        var other = await StoredBackups.AddAsync(repository, "dev-20261122T130000Z-0001", with: m => m with { Verified = "Digest" });
        var remover = new BackupRemover(repository, _time);

        Assert.Null(await remover.FindProtectionAsync(old.Id, default));
        Assert.Null(await remover.FindProtectionAsync(newest.Id, default));
        Assert.Contains("newest verified", (await remover.FindProtectionAsync(verified.Id, default))!.Message, StringComparison.Ordinal);
        Assert.Contains("only one", (await remover.FindProtectionAsync(other.Id, default))!.Message, StringComparison.Ordinal);
        await remover.RemoveAsync(verified.Id, default);
        Assert.NotNull(await remover.FindProtectionAsync(old.Id, default));
    }
}
