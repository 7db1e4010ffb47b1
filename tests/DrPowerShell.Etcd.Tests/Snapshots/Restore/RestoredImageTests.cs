using DrPowerShell.CrashHost;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots.Restore;

/// <summary>The database file that a restore makes: holes where pages are free, or dense.</summary>
public sealed class RestoredImageTests : IDisposable
{
    private readonly TempFolder _temp = new("image");

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public async Task Free_pages_become_holes_and_every_page_in_use_is_as_it_was(long bump)
    {
        var snapshot = await LiveSnapshots.RandomValuesAsync();
        var inUse = SnapshotEdits.InUse(snapshot);
        var options = RestorePlans.Options(RestorePlans.OneMember, _temp["data"]) with { RevisionBump = bump };
        await RestorePlans.RestoreAsync(snapshot, options, new SteppedFiles((_, _) => { }) { Clone = (_, _) => false });
        var result = await RestorePlans.AssertCompleteAsync(_temp["data"], options);

        var database = RestorePlans.DatabaseOf(_temp["data"]);
        var blocks = long.Parse((await Command.RunAsync("stat", ["-c", "%b", database])).ThrowIfFailed().Output) * 512;
        var free = result.Status!.FreeBytes;
        Assert.True(free > 2_000_000, $"Only {free} bytes are free in it.");
        // A file system may round a hole's ends to its own block, so not to the byte.
        Assert.InRange(blocks, result.Size - free - 65_536, result.Size - (free * 9 / 10));

        using var before = FileByteSource.Open(snapshot);
        using var after = FileByteSource.Open(database);
        byte[] one = new byte[4096], other = new byte[4096];
        for (ulong page = 2; page < (ulong)(before.Length / 4096); page++)
        {
            before.ReadExactly((long)page * 4096, one);
            after.ReadExactly((long)page * 4096, other);
            Assert.True(inUse.Contains(page) ? one.AsSpan().SequenceEqual(other) : !other.AsSpan().ContainsAnyExcept((byte)0), $"Page {page} differs.");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public async Task A_dense_database_has_no_free_page_and_the_same_rows(long bump)
    {
        var snapshot = await LiveSnapshots.RandomValuesAsync();
        var plain = RestorePlans.Options(RestorePlans.OneMember, _temp["plain"]) with { RevisionBump = bump };
        var dense = RestorePlans.Options(RestorePlans.OneMember, _temp["dense"]) with { RevisionBump = bump, Compact = true };
        await RestorePlans.RestoreAsync(snapshot, plain);
        await RestorePlans.RestoreAsync(snapshot, dense);
        var one = await RestorePlans.AssertCompleteAsync(_temp["plain"], plain);
        var other = await RestorePlans.AssertCompleteAsync(_temp["dense"], dense);
        Assert.Equal(0, other.Status!.FreeBytes);
        Assert.True(other.Size < one.Size - one.Status!.FreeBytes + 65_536);
        // The hash goes over every bucket, key and value.
        Assert.Equal(one.Status.Hash, other.Status.Hash);
        Assert.Equal((one.HashKv, one.HashKvAfterBoot), (other.HashKv, other.HashKvAfterBoot));
        Assert.Equal((one.Status.TotalKeyV35, one.Status.TotalKeyV36), (other.Status.TotalKeyV35, other.Status.TotalKeyV36));
    }

    [Fact]
    public async Task Three_members_get_the_same_image_from_one_read()
    {
        var snapshot = await LiveSnapshots.RandomValuesAsync();
        foreach (var compact in new[] { false, true })
        {
            var options = RestorePlans.Options(RestorePlans.ThreeMembers, _temp[$"{compact}-{{member}}"]) with { Compact = compact };
            long read = 0;
            var told = await new SnapshotRestorer().RestoreAsync(snapshot, options, new Reported(at => read = at), TestContext.Current.CancellationToken);
            Assert.Equal(new FileInfo(snapshot).Length - 32, read);
            Assert.Equal(3, told.Count);
            var images = new List<string>();
            foreach (var target in options.Targets)
            {
                await RestorePlans.AssertCompleteAsync(target.DataDirectory, options);
                images.Add(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(RestorePlans.DatabaseOf(target.DataDirectory)))));
            }

            Assert.Single(images.Distinct());
        }
    }

    [Fact]
    public async Task No_file_stays_open_whether_a_restore_succeeds_or_fails()
    {
        var options = RestorePlans.Options(RestorePlans.OneMember, _temp["data"]);
        await RestorePlans.RestoreAsync(RestorePlans.Golden, options);
        for (var i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<DataDirectoryNotEmptyException>(() => RestorePlans.RestoreAsync(RestorePlans.Golden, options));
        }

        var files = new SteppedFiles((_, what) => throw new IOException(what)) { Clone = (_, _) => false };
        await Assert.ThrowsAsync<TargetWriteFailedException>(() => RestorePlans.RestoreAsync(RestorePlans.Golden, RestorePlans.Options(RestorePlans.OneMember, _temp["x"]), files));
        var open = Directory.EnumerateFiles("/proc/self/fd").Select(fd => new FileInfo(fd).LinkTarget).Where(path => path?.StartsWith(_temp.FullName, StringComparison.Ordinal) == true);
        Assert.Empty(open);
    }

    private sealed class Reported(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
