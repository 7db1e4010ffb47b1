using DrPowerShell.CrashHost;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots.Restore;

/// <summary>Snapshots that must not be restored, or go bad while they are: a typed error, and no target.</summary>
public sealed class RestoreSourceTests : IDisposable
{
    private readonly TempFolder _temp = new("source");

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_flipped_byte_in_a_value_or_on_a_free_page_fails_the_digest(bool compact)
    {
        var good = await LiveSnapshots.RandomValuesAsync();
        var inUse = SnapshotEdits.InUse(good);
        using var source = FileByteSource.Open(good);
        var pages = (ulong)(source.Length / 4096);
        var free = Enumerable.Range(2, (int)pages - 2).Select(p => (ulong)p).First(p => !inUse.Contains(p));

        // The last bytes of a page that spills over are those of a long value.
        var value = (long)pages * 4096;
        do
        {
            value -= 4096;
        }
        while (!inUse.Contains((ulong)(value / 4096)) || !IsInsideOverflow(source, inUse, value));

        foreach (var offset in new[] { ((long)free * 4096) + 77, value + 77 })
        {
            var bad = _temp["bad.db"];
            File.Copy(good, bad, overwrite: true);
            SnapshotEdits.Flip(bad, offset);
            var error = await Assert.ThrowsAsync<SnapshotDigestMismatchException>(() => RestoreAsync(bad, o => o with { Compact = compact }));
            Assert.Equal(bad, error.Subject);
            Assert.Equal(["bad.db"], _temp.List());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_flipped_byte_of_a_small_snapshot_is_refused_with_a_typed_error(bool compact)
    {
        var bytes = await File.ReadAllBytesAsync(RestorePlans.Golden);
        var bad = _temp["bad.db"];
        for (var at = 0; at < bytes.Length; at += 67)
        {
            bytes[at] ^= 0x04;
            await File.WriteAllBytesAsync(bad, bytes);
            bytes[at] ^= 0x04;
            var error = await Assert.ThrowsAnyAsync<RecoveryException>(() => RestoreAsync(bad, o => o with { Compact = compact }));
            Assert.True(error.Kind == FailureKind.InvalidData, $"Byte {at}: {error}");
            Assert.Equal(["bad.db"], _temp.List());
        }
    }

    [Theory]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(4096)]
    [InlineData(20_000)]
    public async Task A_snapshot_that_was_cut_off_is_refused(int missing)
    {
        var bytes = await File.ReadAllBytesAsync(RestorePlans.Golden);
        await File.WriteAllBytesAsync(_temp["cut.db"], bytes[..^missing]);
        var error = await Assert.ThrowsAnyAsync<RecoveryException>(() => RestoreAsync(_temp["cut.db"]));
        Assert.Equal(FailureKind.InvalidData, error.Kind);
        Assert.Equal(["cut.db"], _temp.List());
    }

    [Fact]
    public async Task A_file_without_a_digest_is_refused_unless_that_is_accepted_and_then_verified_in_full()
    {
        var bytes = await File.ReadAllBytesAsync(RestorePlans.Golden);
        var raw = _temp["raw.db"];
        await File.WriteAllBytesAsync(raw, bytes[..^32]);
        Assert.Equal(raw, (await Assert.ThrowsAsync<SnapshotDigestMissingException>(() => RestoreAsync(raw))).Subject);
        await RestoreAsync(raw, o => o with { SkipDigest = true });
        Directory.Delete(_temp["data"], recursive: true);

        // A page's own number.
        var inUse = SnapshotEdits.InUse(raw);
        var page = Enumerable.Range(2, (bytes.Length / 4096) - 2).First(p => inUse.Contains((ulong)p) && BitConverter.ToInt64(bytes, p * 4096) == p);
        SnapshotEdits.Flip(raw, page * 4096);
        await Assert.ThrowsAsync<SnapshotNotValidException>(() => RestoreAsync(raw, o => o with { SkipDigest = true }));
        Assert.Equal(["raw.db"], _temp.List());
    }

    [Theory]
    [InlineData("TryClone")]
    [InlineData("Write ")]
    [InlineData("CreateFile")]
    public async Task A_snapshot_that_is_truncated_or_written_to_meanwhile_is_refused(string step)
    {
        foreach (var truncate in new[] { true, false })
        {
            var path = _temp["moving.db"];
            File.Copy(RestorePlans.Golden, path, overwrite: true);
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-1));
            var done = false;
            var creates = 0;
            var files = new SteppedFiles((_, what) =>
            {
                // The third file that is created is the .snap, after all was read.
                creates += what.StartsWith("CreateFile", StringComparison.Ordinal) ? 1 : 0;
                if (!done && what.StartsWith(step, StringComparison.Ordinal) && (step != "CreateFile" || creates == 3))
                {
                    done = true;
                    using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
                    if (truncate)
                    {
                        RandomAccess.SetLength(handle, 10_000);
                    }
                    else
                    {
                        RandomAccess.Write(handle, "x"u8, 30_000);
                    }
                }
            })
            { Clone = (_, _) => false };
            var error = await Assert.ThrowsAnyAsync<RecoveryException>(() => RestorePlans.RestoreAsync(path, RestorePlans.Options(RestorePlans.OneMember, _temp["data"]), files));
            Assert.True(done);
            Assert.True(error is SnapshotReadFailedException || (!truncate && error is SnapshotDigestMismatchException), error.ToString());
            Assert.Equal(["moving.db"], _temp.List());
        }
    }

    [Fact]
    public async Task What_is_no_snapshot_is_refused_and_a_missing_file_is_told()
    {
        await File.WriteAllBytesAsync(_temp["random"], new byte[(4096 * 4) + 32]);
        await Assert.ThrowsAnyAsync<RecoveryException>(() => RestoreAsync(_temp["random"]));
        await Assert.ThrowsAsync<SnapshotFileNotFoundException>(() => RestoreAsync(_temp["missing"]));
        await Assert.ThrowsAsync<SnapshotFileNotFoundException>(() => RestoreAsync(_temp.FullName));
        Assert.Equal(["random"], _temp.List());
    }

    [Fact]
    public async Task Bumps_that_cannot_be_are_refused()
    {
        foreach (var bump in new[] { -1, long.MinValue, long.MaxValue, long.MaxValue / 2 })
        {
            var error = await Assert.ThrowsAsync<RevisionBumpInvalidException>(() => RestoreAsync(RestorePlans.Golden, o => o with { RevisionBump = bump }));
            Assert.Equal(bump, error.Subject);
        }

        Assert.Empty(_temp.List());
    }

    [Fact]
    public async Task The_revision_told_is_the_one_that_the_bump_makes()
    {
        var facts = GoldenFacts.Load("golden.db");
        var told = await RestoreAsync(RestorePlans.Golden, o => o with { RevisionBump = 1234 });
        Assert.Equal(facts.Revision + 1234, told.Revision);
        Assert.Equal(1234, told.RevisionBump);
    }

    [Fact]
    public async Task The_version_that_shall_run_is_held_against_what_the_database_says_of_itself()
    {
        var newer = _temp["newer.db"];
        File.Copy(RestorePlans.Golden, newer);
        SnapshotEdits.Replace(newer, "3.5.0", "3.9.0");
        var error = await Assert.ThrowsAsync<EtcdVersionRefusedException>(() => RestoreAsync(newer, o => o with { TargetVersion = new Version(3, 6) }));
        Assert.Contains("3.9", error.Message);
        Assert.Equal(["newer.db"], _temp.List());
        await RestoreAsync(newer);
    }

    private async Task<RestoredMember> RestoreAsync(string snapshot, Func<RestoreOptions, RestoreOptions>? change = null)
    {
        var options = RestorePlans.Options(RestorePlans.OneMember, _temp["data"]);
        options = change?.Invoke(options) ?? options;
        var told = await RestorePlans.RestoreQuicklyAsync(snapshot, options);
        await RestorePlans.AssertCompleteAsync(_temp["data"], options);
        return told.Single();
    }

    // A page in use that does not begin with its own number is the continuation of the one before.
    private static bool IsInsideOverflow(FileByteSource source, DrPowerShell.Etcd.Bolt.PageSet inUse, long offset)
    {
        Span<byte> header = stackalloc byte[8];
        source.ReadExactly(offset, header);
        return BitConverter.ToInt64(header) != offset / 4096 && inUse.Contains((ulong)(offset / 4096) - 1);
    }
}
