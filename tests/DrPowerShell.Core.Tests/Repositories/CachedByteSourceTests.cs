using System.Collections.Concurrent;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Etcd.Files;
using Xunit;

namespace DrPowerShell.Core.Tests.Repositories;

public sealed class CachedByteSourceTests
{
    private const int BlockSize = 1000, Kept = 3;

    private static readonly byte[] Plain = Bytes(25_400);

    [Fact]
    public void Any_range_is_what_the_source_holds()
    {
        using var cached = new CachedByteSource(new CountingSource(Plain), BlockSize, Kept);
        var random = new Random(5);
        for (var i = 0; i < 2000; i++)
        {
            var from = random.Next(Plain.Length + 1);
            var read = new byte[random.Next(Math.Min(4 * BlockSize, Plain.Length - from) + 1)];
            cached.ReadExactly(from, read);
            Assert.True(read.AsSpan().SequenceEqual(Plain.AsSpan(from, read.Length)), $"{read.Length} bytes from {from}");
        }

        Assert.Equal((Plain.Length, "counting"), (cached.Length, cached.Name));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(25_400, 1)]
    [InlineData(25_401, 0)]
    [InlineData(0, 25_401)]
    [InlineData(long.MaxValue, 1)]
    public void What_is_not_there_is_a_typed_error_and_nothing_is_asked_for(long offset, int length)
    {
        var source = new CountingSource(Plain);
        using var cached = new CachedByteSource(source, BlockSize, Kept);

        Assert.Throws<SnapshotReadFailedException>(() => cached.ReadExactly(offset, new byte[length]));
        Assert.Empty(source.Reads);
    }

    [Fact]
    public void The_blocks_used_last_are_kept_and_no_more()
    {
        var source = new CountingSource(Plain);
        using var cached = new CachedByteSource(source, BlockSize, Kept);
        foreach (var block in new[] { 0, 1, 2, 0, 3, 0, 1 })
        {
            cached.ReadExactly(block * BlockSize, new byte[BlockSize]);
        }

        // Block 1 made room for 3, since 0 had been used again; 0 was there all the time.
        Assert.Equal([0, 1, 2, 3, 1], source.Reads.Select(read => read.Offset / BlockSize));
        Assert.All(source.Reads, read => Assert.Equal(BlockSize, read.Length));
    }

    [Fact]
    public void A_read_over_more_blocks_than_are_kept_is_whole_and_asks_for_each_once()
    {
        var source = new CountingSource(Plain);
        using var cached = new CachedByteSource(source, BlockSize, Kept);
        var whole = new byte[Plain.Length];
        cached.ReadExactly(0, whole);

        Assert.Equal(Plain, whole);
        Assert.Equal([.. Enumerable.Repeat(BlockSize, 25), 400], source.Reads.Select(read => read.Length));
    }

    [Fact]
    public void A_block_that_could_not_be_read_is_asked_for_again()
    {
        var source = new CountingSource(Plain) { Fails = true };
        using var cached = new CachedByteSource(source, BlockSize, Kept);
        Assert.Throws<SnapshotReadFailedException>(() => cached.ReadExactly(1500, new byte[10]));

        source.Fails = false;
        var read = new byte[10];
        cached.ReadExactly(1500, read);
        Assert.Equal(Plain[1500..1510], read);
    }

    [Fact]
    public async Task Many_threads_read_at_once_and_one_of_them_fetches()
    {
        var source = new CountingSource(Plain);
        using (var cached = new CachedByteSource(source, BlockSize, Kept))
        {
            Parallel.For(0, 4000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, number =>
            {
                var random = new Random(number);
                var from = random.Next(Plain.Length);
                var read = new byte[random.Next(Math.Min(2 * BlockSize, Plain.Length - from) + 1)];
                cached.ReadExactly(from, read);
                Assert.True(read.AsSpan().SequenceEqual(Plain.AsSpan(from, read.Length)));
            });
        }

        using var slow = new CachedByteSource(source = new CountingSource(Plain) { Takes = TimeSpan.FromMilliseconds(50) }, BlockSize, Kept);
        using var begin = new Barrier(4);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(() =>
        {
            begin.SignalAndWait(TestContext.Current.CancellationToken);
            slow.ReadExactly(0, new byte[10]);
        }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.Single(source.Reads);
    }

    [Fact]
    public void Disposed_it_disposes_its_source()
    {
        var source = new CountingSource(Plain);
        new CachedByteSource(source, BlockSize, Kept).Dispose();
        Assert.True(source.IsDisposed);
    }

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private sealed class CountingSource(byte[] bytes) : IByteSource
    {
        public string Name => "counting";

        public long Length => bytes.Length;

        public ConcurrentQueue<(long Offset, int Length)> Reads { get; } = [];

        public bool Fails { get; set; }

        public TimeSpan Takes { get; init; }

        public bool IsDisposed { get; private set; }

        public void ReadExactly(long offset, Span<byte> buffer)
        {
            Reads.Enqueue((offset, buffer.Length));
            Thread.Sleep(Takes);
            if (Fails)
            {
                throw new SnapshotReadFailedException(Name, "Input/output error");
            }

            bytes.AsSpan((int)offset, buffer.Length).CopyTo(buffer);
        }

        public void Dispose() => IsDisposed = true;
    }
}
