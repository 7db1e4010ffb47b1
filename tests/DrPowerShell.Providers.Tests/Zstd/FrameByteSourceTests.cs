using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Providers.Zstd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Zstd;

/// <summary>What was compressed a moment ago, read again at random; ranges over many lengths are held with <see cref="ZstdTests"/>.</summary>
public sealed class FrameByteSourceTests
{
    private const int Frame = FrameCompressionStream.FrameLength;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Small_ranges_about_the_borders_of_frames_are_what_was_compressed()
    {
        var plain = Bytes((3 * Frame) + 50);
        var (stored, reader) = await CompressAsync(plain);
        using var source = reader.Open(new MemoryByteSource(stored));
        foreach (var border in new[] { 0, Frame, 2 * Frame, 3 * Frame, plain.Length })
        {
            foreach (var from in new[] { border - 10, border - 1, border, border + 1 }.Where(at => at >= 0 && at <= plain.Length))
            {
                var read = new byte[Math.Min(20, plain.Length - from)];
                source.ReadExactly(from, read);
                Assert.Equal(plain[from..(from + read.Length)], read);
            }
        }

        foreach (var (from, count) in new[] { (plain.Length, 1), (-1, 1), (0, plain.Length + 1), (plain.Length + 1, 0) })
        {
            Assert.Throws<SnapshotReadFailedException>(() => source.ReadExactly(from, new byte[count]));
        }
    }

    [Fact]
    public async Task A_flipped_bit_anywhere_is_a_typed_error_or_changes_nothing()
    {
        var plain = Bytes(600);
        var (stored, reader) = await CompressAsync(plain);
        var told = 0;
        for (var bit = 0; bit < 8 * stored.Length; bit++)
        {
            byte[] damaged = [.. stored];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            using var source = reader.Open(new MemoryByteSource(damaged));
            var read = new byte[plain.Length];
            try
            {
                source.ReadExactly(0, read);
                Assert.Equal(plain, read);
            }
            catch (CompressedDataDamagedException)
            {
                told++;
            }
        }

        // A bit of the header means nothing to a reader; all else is covered by the checksum.
        Assert.InRange(told, (8 * stored.Length) - 8, 8 * stored.Length);
    }

    [Fact]
    public async Task Damage_is_told_to_those_who_read_its_frame_and_to_nobody_else()
    {
        var plain = new byte[3 * Frame];
        new Random(3).NextBytes(plain);
        var (stored, reader) = await CompressAsync(plain);
        stored[stored.Length / 2] ^= 1;
        using var source = reader.Open(new MemoryByteSource(stored));
        var read = new byte[Frame];
        source.ReadExactly(0, read);
        Assert.Equal(plain[..Frame], read);
        Assert.Throws<CompressedDataDamagedException>(() => source.ReadExactly(Frame + 5, new byte[10]));
        source.ReadExactly(2 * Frame, read);
        Assert.Equal(plain[(2 * Frame)..], read);
    }

    [Fact]
    public async Task Cut_short_it_is_a_typed_error()
    {
        var plain = Bytes(Frame + 1000);
        var (stored, reader) = await CompressAsync(plain);
        foreach (var cut in new[] { 0, 1, 100, stored.Length / 2, stored.Length - 1 })
        {
            using var source = reader.Open(new MemoryByteSource(stored[..cut]));
            Assert.ThrowsAny<RecoveryException>(() => source.ReadExactly(0, new byte[plain.Length]));
        }
    }

    [Fact]
    public async Task Many_threads_read_at_once_before_and_after_one_of_them_met_damage()
    {
        var plain = Bytes((4 * Frame) + 99);
        var (stored, reader) = await CompressAsync(plain);
        byte[] damaged = [.. stored];
        damaged[^5] ^= 1; // in the last frame, which is short
        using var source = reader.Open(new MemoryByteSource(damaged));
        Parallel.For(0, 100, new ParallelOptions { MaxDegreeOfParallelism = 8 }, number =>
        {
            if (number % 10 == 9)
            {
                Assert.Throws<CompressedDataDamagedException>(() => source.ReadExactly(4 * Frame, new byte[99]));
                return;
            }

            var random = new Random(number);
            var from = random.Next(4 * Frame);
            var read = new byte[random.Next(Math.Min(Frame, (4 * Frame) - from) + 1)];
            source.ReadExactly(from, read);
            Assert.True(read.AsSpan().SequenceEqual(plain.AsSpan(from, read.Length)));
        });
    }

    [Fact]
    public async Task Disposed_it_disposes_what_is_stored()
    {
        var (stored, reader) = await CompressAsync(Bytes(1000));
        var memory = new MemoryByteSource(stored);
        var source = reader.Open(memory);
        source.ReadExactly(0, new byte[10]);
        source.Dispose();
        Assert.True(memory.IsDisposed);
    }

    [Fact]
    public void A_worker_gives_its_buffers_back_without_what_was_in_them()
    {
        // A size of its own, and one that the runtime clears where it is new.
        const int Size = 1999;
        using (var worker = new FrameWorker(level: 3, Size))
        {
            worker.Take(Enumerable.Repeat((byte)0xA5, Size).ToArray());
            worker.CompressTwice();
        }

        Assert.False(IdleBuffers.Rent(Size).AsSpan().ContainsAnyExcept((byte)0));
    }

    private static byte[] Bytes(int count)
    {
        // Half of it compresses.
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes.AsSpan(0, count / 2));
        for (var i = count / 2; i < count; i++)
        {
            bytes[i] = (byte)(i / 100);
        }

        return bytes;
    }

    private static async Task<(byte[] Stored, LayerReader Reader)> CompressAsync(byte[] plain)
    {
        using var stored = new MemoryStream();
        LayerReader reader;
        await using (var compressing = new ZstdCompression().Compress(stored, 3))
        {
            reader = ((IRereadable)compressing).Reader();
            await compressing.WriteAsync(plain, Token);
        }

        return (stored.ToArray(), reader);
    }
}
