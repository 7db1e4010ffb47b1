using System.Diagnostics;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Tests.Mvcc;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots;

/// <summary>Disks that fail, files that are shortened while they are read, and users who press Ctrl+C.</summary>
public sealed class ReadFailureTests
{
    private static readonly byte[] Snapshot = new StoreWriter().Random(5, 6000, 500).ToDatabase(finished: 100, digest: true);

    [Theory]
    [InlineData(VerificationLevel.Digest)]
    [InlineData(VerificationLevel.Structure)]
    [InlineData(VerificationLevel.Full)]
    public void A_disk_that_fails_anywhere_ends_in_a_read_error(VerificationLevel level)
    {
        for (long at = 0; at < Snapshot.Length; at += 7919)
        {
            using var source = new MemorySource(Snapshot) { FailsFrom = at };
            Assert.Throws<SnapshotReadFailedException>(() => Verify.Level(source, level));
        }
    }

    [Fact]
    public void A_read_that_failed_once_is_not_taken_for_read()
    {
        using var source = new MemorySource(Snapshot[..^32]) { FailsFrom = 0 };
        Assert.IsType<SnapshotReadFailedException>(Verify.WithCursors(source));
        source.FailsFrom = long.MaxValue;
        var database = BoltDatabase.Open(source);
        source.FailsFrom = 8192;
        Assert.Throws<SnapshotReadFailedException>(() => database.OpenBucket("key"u8));
        source.FailsFrom = long.MaxValue;
        using var cursor = database.OpenBucket("key"u8)!.OpenCursor();
        Assert.True(cursor.MoveLast());
    }

    [Theory]
    [InlineData(VerificationLevel.Digest)]
    [InlineData(VerificationLevel.Full)]
    public async Task A_file_that_is_shortened_while_it_is_read_ends_in_a_read_error(VerificationLevel level)
    {
        using var folder = new TempFolder();
        var path = folder["cut.db"];
        await File.WriteAllBytesAsync(path, Snapshot);
        using var file = FileByteSource.Open(path);
        using (var writer = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            writer.SetLength(20_000);
        }

        var error = await Assert.ThrowsAsync<SnapshotReadFailedException>(() => new SnapshotVerifier().VerifyAsync(file, level, null, default));
        Assert.Equal(path, error.Subject);
        Assert.Equal("SnapshotReadFailed", error.ErrorId);
    }

    [Fact]
    public async Task A_file_that_is_not_there_and_a_folder_are_errors_of_their_own()
    {
        using var folder = new TempFolder();
        var verifier = new SnapshotVerifier();
        await Assert.ThrowsAsync<SnapshotFileNotFoundException>(() => verifier.VerifyAsync(folder["none.db"], VerificationLevel.Full, null, default));
        await Assert.ThrowsAsync<SnapshotFileNotFoundException>(() => verifier.VerifyAsync(folder["no", "way.db"], VerificationLevel.Full, null, default));
        await Assert.ThrowsAsync<SnapshotFileNotFoundException>(() => verifier.VerifyAsync(folder.FullName, VerificationLevel.Full, null, default));
    }

    [Fact]
    public async Task A_cancelled_verification_ends_at_once_and_reads_no_more()
    {
        using var stop = new CancellationTokenSource();
        var reads = 0;
        using var source = new MemorySource(Snapshot)
        {
            OnRead = () =>
            {
                if (Interlocked.Increment(ref reads) == 4)
                {
                    stop.Cancel();
                }

                Thread.Sleep(5);
            },
        };
        var time = Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new SnapshotVerifier().VerifyAsync(source, VerificationLevel.Full, null, stop.Token));
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(10));
        Assert.True(reads < 12, $"{reads} reads.");
        using var done = new CancellationTokenSource();
        await done.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new SnapshotVerifier().VerifyAsync(new MemorySource(Snapshot), VerificationLevel.Full, null, done.Token));
    }

    [Fact]
    public void A_cancelled_walk_over_millions_of_rows_ends_at_the_next_page()
    {
        using var stop = new CancellationTokenSource();
        using var source = new MemorySource(Snapshot[..^32]);
        var pages = 0L;
        using var scan = new SnapshotScan(source, new FindingCollector(), withRows: true, OnPages, stop.Token);
        Assert.ThrowsAny<OperationCanceledException>(() => scan.Run());
        Assert.InRange(pages, 1, 4);

        void OnPages(long count)
        {
            pages += count;
            stop.Cancel();
        }
    }
}
