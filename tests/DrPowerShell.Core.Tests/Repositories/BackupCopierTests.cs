using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Copying;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Testing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Repositories;

public sealed class BackupCopierTests : IAsyncDisposable
{
    private const string Id = "prod-20261122T120000Z-0002";

    private readonly FakeTimeProvider _time = new(new(2026, 11, 22, 14, 0, 0, TimeSpan.Zero));
    private readonly TempFolder _temp = new("copy");
    private readonly MemoryBlobStore _store;
    private readonly SnapshotRepository _source;

    public BackupCopierTests()
    {
        _store = new(_time);
        _source = StoredBackups.Over(_store);
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _store.DisposeAsync();
        _temp.Dispose();
    }

    [Fact]
    public async Task A_copy_is_the_same_bytes_with_its_proofs_and_a_second_one_sends_nothing()
    {
        var backup = await PreparedAsync();
        var folder = Folder();
        await using var destination = StoredBackups.Over(folder);
        var copier = Copier(destination);
        Assert.False(await copier.IsThereAsync(backup, default));

        Assert.Equal(CopyOutcome.Copied, await copier.CopyAsync(backup, null, default));

        Assert.Equal(_store.Names, await NamesAsync(folder));
        foreach (var name in _store.Names)
        {
            Assert.Equal(_store[name], await folder.ReadAllAsync(name, default));
        }

        Assert.True(await copier.IsThereAsync(backup, default));
        var begun = new List<string>();
        folder.Before = (act, name) => begun.AddRange(act == "begin" ? [name] : []);
        Assert.Equal(CopyOutcome.AlreadyThere, await Copier(destination).CopyAsync(backup, null, default));
        Assert.Equal([BackupNames.Pending(backup.Id)], begun);
        Assert.Equal(_store.Names, await NamesAsync(folder));

        await StoredBackups.ProveAsync(_source, backup, _time.GetUtcNow().AddDays(1));
        Assert.Equal(CopyOutcome.Completed, await Copier(destination).CopyAsync((await StoredBackups.ListAsync(_source)).Single(), null, default));
        Assert.Equal(_store.Names, await NamesAsync(folder));
    }

    [Fact]
    public async Task A_process_that_dies_at_any_call_leaves_no_manifest_without_its_object_and_the_next_one_goes_on()
    {
        var backup = await PreparedAsync();
        for (var n = 0; ; n++)
        {
            var inner = FolderBlobStore.Open(new Uri(_temp.CreateFolder($"kill-{n}")));
            await using var dying = new FaultyBlobStore(inner) { KillAt = n };
            try
            {
                await Copier(StoredBackups.Over(dying)).CopyAsync(backup, null, default);
                Assert.True(n > 10, "the store was hardly used");
                return;
            }
            catch (KilledException)
            {
                Assert.True(await StoredBackups.AreWholeAsync(StoredBackups.Over(inner)), $"killed before call {n}");
            }

            var isObjectThere = await inner.FindAsync(backup.Manifest.Object.Name, default) is not null;
            var again = new FaultyBlobStore(inner);
            var sent = new List<string>();
            again.Before = (act, name) => sent.AddRange(act == "begin" ? [name] : []);
            await Copier(StoredBackups.Over(again)).CopyAsync(backup, null, default);
            Assert.NotEqual(isObjectThere, sent.Contains(backup.Manifest.Object.Name));
            Assert.Equal(_store.Names, await NamesAsync(inner));
        }
    }

    [Fact]
    public async Task A_damaged_source_is_told_and_nothing_appears()
    {
        var backup = await PreparedAsync();
        var bytes = _store[backup.Manifest.Object.Name].ToArray();
        bytes[7] ^= 1;
        _store[backup.Manifest.Object.Name] = bytes;
        await using var folder = Folder();

        await Assert.ThrowsAsync<BackupObjectChangedException>(() => Copier(StoredBackups.Over(folder)).CopyAsync(backup, null, default));

        Assert.Empty(await NamesAsync(folder));
        await _store.DeleteAsync(backup.Manifest.Object.Name, default);
        await Assert.ThrowsAsync<BackupObjectMissingException>(() => Copier(StoredBackups.Over(folder)).CopyAsync(backup, null, default));
        Assert.Empty(await NamesAsync(folder));
    }

    [Fact]
    public async Task Reading_back_finds_and_repairs_a_copy_that_was_damaged_at_the_destination()
    {
        var backup = await PreparedAsync();
        var other = new MemoryBlobStore(_time);
        await Copier(StoredBackups.Over(other)).CopyAsync(backup, null, default);
        var good = other[backup.Manifest.Object.Name].ToArray();
        other[backup.Manifest.Object.Name] = [.. good[..^1], (byte)(good[^1] ^ 1)];

        Assert.Equal(CopyOutcome.AlreadyThere, await Copier(StoredBackups.Over(other)).CopyAsync(backup, null, default));
        Assert.Equal(CopyOutcome.Completed, await Copier(StoredBackups.Over(other), new() { ReadBack = true }).CopyAsync(backup, null, default));
        Assert.Equal(good, other[backup.Manifest.Object.Name]);

        other[backup.Manifest.Object.Name] = good[..10];
        Assert.Equal(CopyOutcome.Completed, await Copier(StoredBackups.Over(other)).CopyAsync(backup, null, default));
        Assert.Equal(good, other[backup.Manifest.Object.Name]);
    }

    [Fact]
    public async Task What_must_not_be_copied_is_refused_before_anything_is_written()
    {
        var backup = await PreparedAsync();
        var other = new MemoryBlobStore(_time);
        async Task Refused<T>(SnapshotRepository destination, StoredBackup? which = null)
            where T : RecoveryException
        {
            var before = other.Names;
            await Assert.ThrowsAsync<T>(() => Copier(destination).CopyAsync(which ?? backup, null, default));
            Assert.Equal(before, other.Names);
        }

        await Refused<SameRepositoryException>(_source);
        var elsewhere = new FaultyBlobStore(other) { At = new Uri("s3://elsewhere/x") };
        await Refused<CopyNotEncryptedException>(StoredBackups.Over(elsewhere, o => o with { Encryption = new() { Recipients = ["age1x"] } }));
        await Refused<ManifestNotValidException>(StoredBackups.Over(elsewhere), backup with { Manifest = backup.Manifest with { Object = backup.Manifest.Object with { Name = "../x" } } });
        await StoredBackups.AddAsync(StoredBackups.Over(other), Id);
        await Refused<BackupDiffersException>(StoredBackups.Over(elsewhere));
        await Refused<BackupNotTrustedException>(StoredBackups.Over(elsewhere), backup with { Signature = SignatureState.Invalid });
    }

    [Fact]
    public async Task The_destinations_own_lock_is_applied_and_the_manifest_stays_the_same()
    {
        var backup = await PreparedAsync();
        var other = new MemoryBlobStore(_time);
        await Copier(StoredBackups.Over(new FaultyBlobStore(other) { At = new Uri("s3://elsewhere/x") }, o => o with { Lock = new(BlobLockMode.Compliance, 10) })).CopyAsync(backup, null, default);
        foreach (var name in new[] { backup.Manifest.Object.Name, backup.Manifest.Files!.Name, BackupNames.Manifest(backup.Id) })
        {
            Assert.Equal(_time.GetUtcNow().AddDays(10), (await other.GetRetentionAsync(name, default))!.Until);
            Assert.Equal(_store[name], other[name]);
        }
    }

    private BackupCopier Copier(SnapshotRepository destination, CopyOptions? options = null) =>
        new(_source, destination.Store is MemoryBlobStore memory ? StoredBackups.Over(new FaultyBlobStore(memory) { At = destination == _source ? null : new Uri("s3://elsewhere/x") }) : destination, options ?? new(), _time);

    private FaultyBlobStore Folder() => new(FolderBlobStore.Open(new Uri(_temp.CreateFolder("destination"))));

    private async Task<StoredBackup> PreparedAsync()
    {
        var backup = await StoredBackups.AddAsync(_source, Id, files: true);
        await StoredBackups.ProveAsync(_source, backup, _time.GetUtcNow());
        return (await StoredBackups.ListAsync(_source)).Single();
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(IBlobStore store)
    {
        var names = new List<string>();
        await foreach (var blob in store.ListAsync("", default))
        {
            names.Add(blob.Name);
        }

        return [.. names.Order(StringComparer.Ordinal)];
    }
}
