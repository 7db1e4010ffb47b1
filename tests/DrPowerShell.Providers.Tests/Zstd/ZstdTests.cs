using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Providers.Zstd;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Providers.Tests.Zstd;

/// <summary>Debian's zstd and ours, in both directions, and frames that are not what they were.</summary>
public sealed class ZstdTests : IDisposable
{
    private readonly TempFolder _folder = new("zstd");
    private readonly ZstdCompression _zstd = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 1)]
    [InlineData(131072, 3)]
    [InlineData(131073, 19)]
    [InlineData(3_000_000, 3)]
    public async Task Zstd_reads_what_we_write_with_its_checksum_and_we_what_it_writes(int length, int level)
    {
        var plain = Bytes(length);
        await File.WriteAllBytesAsync(_folder["plain"], plain, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(_folder["ours.zst"], await CompressAsync(plain, level), TestContext.Current.CancellationToken);

        await ToolAsync("-t", _folder["ours.zst"]);
        await ToolAsync("-d", _folder["ours.zst"], "-o", _folder["back"]);
        await ToolAsync("-19", _folder["plain"], "-o", _folder["theirs.zst"]);

        Assert.Contains("XXH64", await ToolAsync("-l", "-v", _folder["ours.zst"]));
        Assert.Equal(plain, await File.ReadAllBytesAsync(_folder["back"], TestContext.Current.CancellationToken));
        Assert.Equal(plain, await ReadAsync("theirs.zst"));
        Assert.Equal(plain, await DecompressAsync(await CompressAsync(plain, level)));
    }

    [Fact]
    public async Task Frames_one_after_the_other_are_one_stream()
    {
        byte[] two = [.. await CompressAsync(Bytes(1000), 3), .. await CompressAsync(Bytes(2000), 3)];

        Assert.Equal((byte[])[.. Bytes(1000), .. Bytes(2000)], await DecompressAsync(two));
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 3)]
    [InlineData(1 << 20, 3)]
    [InlineData((1 << 20) + 1, 15)]
    [InlineData(5_500_000, 3)]
    public async Task What_was_written_is_read_again_at_random(int length, int level)
    {
        var plain = Bytes(length);
        using var stored = new MemoryStream();
        LayerReader reader;
        await using (var compressing = _zstd.Compress(stored, level))
        {
            reader = ((IRereadable)compressing).Reader();
            for (var at = 0; at < length; at += 300_000)
            {
                await compressing.WriteAsync(plain.AsMemory(at, Math.Min(300_000, length - at)), TestContext.Current.CancellationToken);
            }
        }

        using var source = reader.Open(new MemoryByteSource(stored.ToArray()));
        Assert.Equal(length, source.Length);
        var random = new Random(3);
        for (var i = 0; i < 30; i++)
        {
            var from = random.Next(length + 1);
            var read = new byte[random.Next(length - from + 1)];
            source.ReadExactly(from, read);
            Assert.True(read.AsSpan().SequenceEqual(plain.AsSpan(from, read.Length)));
        }

        Assert.Throws<SnapshotReadFailedException>(() => source.ReadExactly(length, new byte[1]));
        Assert.Equal(plain, await DecompressAsync(stored.ToArray()));
        if (length > 2 << 20)
        {
            var bytes = stored.ToArray();
            bytes[bytes.Length / 2] ^= 1;
            using var damaged = reader.Open(new MemoryByteSource(bytes));
            Assert.Throws<CompressedDataDamagedException>(() => damaged.ReadExactly(0, new byte[length]));
        }
    }

    [Fact]
    public async Task A_failed_write_further_down_is_the_last_and_nothing_follows_it()
    {
        var target = new FailingStream();
        var compressing = _zstd.Compress(target, 3);
        var bytes = new byte[1 << 20];
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                await compressing.WriteAsync(bytes, TestContext.Current.CancellationToken);
            }
        });
        var writes = target.Writes;
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await compressing.WriteAsync(bytes, TestContext.Current.CancellationToken));
        await compressing.DisposeAsync();
        Assert.Equal(writes, target.Writes);
    }

    [Fact]
    public async Task Bytes_that_gain_nothing_are_not_tried_at_the_level_again_and_again_and_come_back_all_the_same()
    {
        var plain = new byte[20 << 20];
        new Random(7).NextBytes(plain);
        var stored = await CompressAsync(plain, 15);
        Assert.InRange(stored.Length, plain.Length, plain.Length + (plain.Length / 1000));
        Assert.True((await DecompressAsync(stored)).AsSpan().SequenceEqual(plain));
    }

    [Fact]
    public async Task Every_truncation_is_told()
    {
        var stored = await CompressAsync(Bytes(500), 3);
        for (var length = 0; length < stored.Length; length++)
        {
            await Assert.ThrowsAsync<CompressedDataDamagedException>(() => DecompressAsync(stored[..length]));
        }

        var large = await CompressAsync(Bytes(400_000), 3);
        for (var length = 1; length < large.Length; length += 9973)
        {
            await Assert.ThrowsAsync<CompressedDataDamagedException>(() => DecompressAsync(large[..length]));
        }
    }

    [Fact]
    public async Task A_flipped_byte_is_told_or_changes_nothing()
    {
        var plain = Bytes(500);
        var stored = await CompressAsync(plain, 3);
        var told = 0;
        for (var bit = 0; bit < stored.Length * 8; bit++)
        {
            var changed = (byte[])stored.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                Assert.Equal(plain, await DecompressAsync(changed));
            }
            catch (CompressedDataDamagedException)
            {
                told++;
            }
        }

        // The frame header has a few bits that mean nothing, as the larger window.
        Assert.InRange(told, (stored.Length * 8) - 16, stored.Length * 8);
    }

    [Fact]
    public async Task Seeded_mutations_end_in_the_one_error_or_in_the_same_bytes()
    {
        var plain = Bytes(20_000);
        var stored = await CompressAsync(plain, 3);
        var random = new Random(20261122);
        for (var run = 0; run < 1000; run++)
        {
            var bytes = stored.ToList();
            for (var edits = random.Next(1, 4); edits > 0; edits--)
            {
                var at = random.Next(bytes.Count - 60);
                switch (random.Next(4))
                {
                    case 0: bytes[at] = (byte)random.Next(256); break;
                    case 1: bytes.RemoveRange(at, random.Next(1, 20)); break;
                    case 2: bytes.Insert(at, (byte)random.Next(256)); break;
                    default: bytes[random.Next(18)] = (byte)random.Next(256); break;
                }
            }

            try
            {
                Assert.Equal(plain, await DecompressAsync([.. bytes]));
            }
            catch (CompressedDataDamagedException)
            {
            }
        }
    }

    [Fact]
    public async Task Damage_is_told_at_every_read_from_then_on()
    {
        var stored = await CompressAsync(Bytes(1_000_000), 3);
        await using var plain = _zstd.Decompress(new MemoryStream(stored[..^1]));
        for (var attempt = 0; attempt < 3; attempt++)
        {
            await Assert.ThrowsAsync<CompressedDataDamagedException>(() => plain.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));
        }

        Assert.Throws<CompressedDataDamagedException>(() => plain.CopyTo(Stream.Null));
    }

    [Fact]
    public async Task A_window_that_no_backup_needs_and_a_dictionary_are_refused()
    {
        await File.WriteAllBytesAsync(_folder["plain"], Bytes(50_000), TestContext.Current.CancellationToken);
        await ToolAsync("--train", _folder["plain"], "-B500", "--maxdict=4000", "-o", _folder["dict"]);
        await ToolAsync("-D", _folder["dict"], _folder["plain"], "-o", _folder["dict.zst"]);
        // A frame that asks for a window of 2 GB and ends: magic, descriptor, window descriptor, an empty last block.
        byte[] large = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 21 << 3, 0x01, 0x00, 0x00];

        Assert.Contains("dictionary", (await Assert.ThrowsAsync<CompressedDataDamagedException>(() => ReadAsync("dict.zst"))).Message);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("memory", Assert.Throws<CompressedDataDamagedException>(() => _zstd.Decompress(new MemoryStream(large)).CopyTo(Stream.Null)).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(23)]
    public void A_level_out_of_range_is_refused(int level) => Assert.Throws<CompressionLevelNotValidException>(() => _zstd.Compress(Stream.Null, level));

    [Fact]
    public async Task Both_directions_wait_asynchronously_and_leave_the_other_end_open()
    {
        var target = new AsyncOnlyStream();
        await using (var compressing = _zstd.Compress(target, 3))
        {
            await compressing.WriteAsync(Bytes(1_000_000), TestContext.Current.CancellationToken);
        }

        target.Position = 0;
        using var plain = new MemoryStream();
        await using (var decompressing = _zstd.Decompress(target))
        {
            await decompressing.CopyToAsync(plain, TestContext.Current.CancellationToken);
        }

        Assert.Equal(Bytes(1_000_000), plain.ToArray());
        Assert.True(target.CanRead);
    }

    private static byte[] Bytes(int count)
    {
        // As repetitive as a snapshot is.
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        for (var i = 0; i < count; i++)
        {
            bytes[i] = i % 3 == 0 ? bytes[i] : (byte)'k';
        }

        return bytes;
    }

    private async Task<byte[]> CompressAsync(byte[] plain, int level)
    {
        using var stored = new MemoryStream();
        await using (var compressing = _zstd.Compress(stored, level))
        {
            await compressing.WriteAsync(plain, TestContext.Current.CancellationToken);
        }

        return stored.ToArray();
    }

    private async Task<byte[]> DecompressAsync(byte[] stored)
    {
        using var plain = new MemoryStream();
        await using var decompressing = _zstd.Decompress(new MemoryStream(stored));
        await decompressing.CopyToAsync(plain, TestContext.Current.CancellationToken);
        return plain.ToArray();
    }

    private async Task<byte[]> ReadAsync(string name) => await DecompressAsync(await File.ReadAllBytesAsync(_folder[name], TestContext.Current.CancellationToken));

    private static async Task<string> ToolAsync(params string[] arguments) =>
        (await Command.RunAsync("zstd", ["-q", .. arguments], timeout: TimeSpan.FromMinutes(2), cancellationToken: TestContext.Current.CancellationToken)).ThrowIfFailed().Output;

    private sealed class FailingStream : MemoryStream
    {
        public int Writes { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            ++Writes == 2 ? throw new IOException("The disk is gone.") : ValueTask.CompletedTask;
    }

    /// <summary>A stream on which a synchronous call would block a thread.</summary>
    private sealed class AsyncOnlyStream : MemoryStream
    {
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override int Read(Span<byte> buffer) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(ReadOnlySpan<byte> buffer) => throw new NotSupportedException();

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            var bytes = new byte[buffer.Length];
            var count = base.Read(bytes, 0, bytes.Length);
            bytes.AsSpan(0, count).CopyTo(buffer.Span);
            return count;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            base.Write(buffer.ToArray(), 0, buffer.Length);
        }
    }
}
