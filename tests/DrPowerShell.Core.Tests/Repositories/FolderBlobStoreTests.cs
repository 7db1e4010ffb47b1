using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Tests.Backups;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Repositories;

/// <summary>What is particular to a folder: disks that fill, folders that vanish, parts that a dead writer leaves. The contract of all stores is held with the providers.</summary>
public sealed class FolderBlobStoreTests : IDisposable
{
    private const int NoSpace = 28, ReadOnlyFileSystem = 30;

    private readonly TempFolder _temp = new("folder");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Uri Location => new(_temp.FullName);

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Whichever_step_of_a_put_fails_the_old_object_or_the_new_one_is_there_whole()
    {
        var counting = new FailingFiles((_, _) => { });
        await PutAsync(FolderBlobStore.Open(Location), "prod/count");
        await PutAsync(FolderBlobStore.Open(Location, counting), "prod/count");
        var old = new byte[10];
        for (var at = 1; at <= counting.Steps; at++)
        {
            await FolderBlobStore.Open(Location).PutAsync("prod/x", old, new(), Token);
            var store = FolderBlobStore.Open(Location, new FailingFiles((step, what) =>
            {
                if (step >= at)
                {
                    throw new IOException(what, NoSpace);
                }
            }));
            await Assert.ThrowsAsync<StoreFullException>(() => PutAsync(store, "prod/x"));
            var there = await FolderBlobStore.Open(Location).FindAsync("prod/x", Token);
            Assert.True(there!.Size is 10 or Length, $"step {at}: {there.Size} bytes");
            foreach (var part in await UnfinishedAsync())
            {
                // The disk refused even the removal: it is collected later.
                await FolderBlobStore.Open(Location).AbortAsync(part, Token);
            }

            Assert.Equal(["prod", "prod/count", "prod/x"], _temp.List());
        }
    }

    [Fact]
    public async Task What_a_dead_writer_left_is_listed_with_its_name_and_removed()
    {
        Directory.CreateDirectory(_temp["prod"]);
        await File.WriteAllTextAsync(_temp["prod", ".x.db.part-0123abcd"], "half", Token);
        await File.WriteAllTextAsync(_temp["prod", ".x.db.part-0123abcX"], "an object of somebody's", Token);
        var store = FolderBlobStore.Open(Location);
        var part = Assert.Single(await UnfinishedAsync());
        Assert.Equal(("prod/x.db", "prod/.x.db.part-0123abcd"), (part.Name, part.Id));
        Assert.Equal("prod/.x.db.part-0123abcX", Assert.Single(await ListAsync(store)).Name);
        await Assert.ThrowsAsync<BlobNameNotValidException>(() => store.PutAsync("prod/.x.db.part-0123abcd", new byte[1], new(), Token));
        await Assert.ThrowsAsync<BlobNameNotValidException>(() => store.AbortAsync(part with { Id = "../../outside" }, Token));
        await Assert.ThrowsAsync<BlobNameNotValidException>(() => store.AbortAsync(part with { Id = "prod/x.db" }, Token));
        await store.AbortAsync(part, Token);
        await store.AbortAsync(part, Token);
        Assert.Empty(await UnfinishedAsync());
    }

    [Fact]
    public async Task Objects_and_folders_are_for_their_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // It has no modes.
        }

        await PutAsync(FolderBlobStore.Open(Location), "prod/deeper/x");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_temp["prod", "deeper", "x"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_temp["prod", "deeper"]));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_told_and_one_that_vanishes_is_not_made_again()
    {
        var absent = new Uri(_temp["absent"]);
        Assert.Throws<StoreFolderNotFoundException>(() => FolderBlobStore.Open(absent));

        // As when the disk that was mounted there is gone.
        Directory.CreateDirectory(_temp["absent"]);
        var store = FolderBlobStore.Open(absent);
        Directory.Delete(_temp["absent"]);
        await Assert.ThrowsAsync<StoreFolderNotFoundException>(() => PutAsync(store, "x"));
        await Assert.ThrowsAsync<StoreFolderNotFoundException>(() => PutAsync(store, "prod/x"));
        await Assert.ThrowsAsync<StoreFolderNotFoundException>(() => ListAsync(store));
        Assert.False(Directory.Exists(_temp["absent"]));
    }

    [Fact]
    public async Task A_read_only_disk_and_missing_rights_are_told_apart()
    {
        await Assert.ThrowsAsync<StoreReadOnlyException>(() => PutAsync(Failing(new IOException("read-only", ReadOnlyFileSystem)), "x"));
        var denied = await Assert.ThrowsAsync<StoreAccessDeniedException>(() => PutAsync(Failing(new UnauthorizedAccessException("denied")), "x"));
        Assert.Contains(_temp.FullName, denied.RecommendedAction, StringComparison.Ordinal);

        IBlobStore Failing(Exception error) => FolderBlobStore.Open(Location, new FailingFiles((_, _) => throw error));
    }

    [Fact]
    public async Task A_lock_is_refused_before_anything_is_written()
    {
        var retention = new BlobRetention(BlobLockMode.Governance, TimeProvider.System.GetUtcNow().AddDays(1));
        await Assert.ThrowsAsync<LockNotHonouredException>(() => FolderBlobStore.Open(Location).PutAsync("x", new byte[1], new() { Retention = retention }, Token));
        Assert.Empty(_temp.List());
    }

    [Fact]
    public async Task Links_to_folders_are_not_followed_in_circles()
    {
        await PutAsync(FolderBlobStore.Open(Location), "prod/x");
        Directory.CreateSymbolicLink(_temp["prod", "self"], _temp.FullName);
        Assert.Equal("prod/x", Assert.Single(await ListAsync(FolderBlobStore.Open(Location))).Name);
    }

    private const int Length = (3 << 20) + 5;

    private static async Task PutAsync(IBlobStore store, string name)
    {
        var upload = await store.BeginPutAsync(name, new(), Token);
        await using var end = upload;
        await upload.WriteAsync(new byte[Length], Token);
        await upload.CompleteAsync(Token);
    }

    private static Task<IReadOnlyList<BlobInfo>> ListAsync(IBlobStore store) => AllAsync(store.ListAsync("", Token));

    private static async Task<IReadOnlyList<T>> AllAsync<T>(IAsyncEnumerable<T> items)
    {
        var found = new List<T>();
        await foreach (var item in items)
        {
            found.Add(item);
        }

        return found;
    }

    private Task<IReadOnlyList<UnfinishedUpload>> UnfinishedAsync() => AllAsync(FolderBlobStore.Open(Location).ListUnfinishedAsync("", Token));
}
