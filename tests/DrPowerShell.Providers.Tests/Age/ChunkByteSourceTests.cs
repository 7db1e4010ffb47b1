using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Providers.Age;
using Xunit;

namespace DrPowerShell.Providers.Tests.Age;

/// <summary>What was encrypted a moment ago, read again at random.</summary>
public sealed class ChunkByteSourceTests
{
    private const int Chunk = ChunkStream.PlainLength;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Chunk - 1)]
    [InlineData(Chunk)]
    [InlineData(Chunk + 1)]
    [InlineData(20 * Chunk)]
    [InlineData((33 * Chunk) + 5000)]
    public async Task Any_range_is_what_was_encrypted(int length)
    {
        var plain = AgeSamples.Bytes(length);
        var (stored, reader) = await EncryptAsync(plain);
        using var source = reader.Open(new MemoryByteSource(stored));

        Assert.Equal(length, source.Length);
        var random = new Random(length);
        for (var i = 0; i < 60; i++)
        {
            var from = random.Next(length + 1);
            var read = new byte[random.Next(i % 2 == 0 ? Math.Min(300, length - from) + 1 : length - from + 1)];
            source.ReadExactly(from, read);
            Assert.True(read.AsSpan().SequenceEqual(plain.AsSpan(from, read.Length)), $"{read.Length} bytes from {from}");
        }

        foreach (var (from, count) in new[] { (length, 1), (-1, 1), (0, length + 1), (length + 1, 0) })
        {
            Assert.Throws<SnapshotReadFailedException>(() => source.ReadExactly(from, new byte[count]));
        }
    }

    [Fact]
    public async Task A_flipped_byte_is_a_typed_error_for_those_who_read_its_chunk_and_for_nobody_else()
    {
        var plain = AgeSamples.Bytes((3 * Chunk) + 100);
        foreach (var chunk in Enumerable.Range(0, 4))
        {
            var sealedLength = chunk < 3 ? ChunkStream.SealedLength : 100 + ChunkCipher.TagLength;
            foreach (var within in new[] { 0, sealedLength / 2, sealedLength - 1 })
            {
                var (stored, reader) = await EncryptAsync(plain);
                var head = stored.Length - plain.Length - (4 * ChunkCipher.TagLength);
                stored[head + (chunk * ChunkStream.SealedLength) + within] ^= 1;
                using var source = reader.Open(new MemoryByteSource(stored));
                for (var read = 0; read < 4; read++)
                {
                    var bytes = new byte[100];
                    if (read == chunk)
                    {
                        Assert.Throws<EncryptedDataDamagedException>(() => source.ReadExactly(read * Chunk, bytes));
                        Assert.Equal(new byte[100], bytes);
                    }
                    else
                    {
                        source.ReadExactly(read * Chunk, bytes);
                        Assert.Equal(plain[(read * Chunk)..((read * Chunk) + 100)], bytes);
                    }
                }
            }
        }
    }

    [Fact]
    public async Task A_flipped_byte_of_the_header_or_nonce_is_told_at_once()
    {
        var (stored, reader) = await EncryptAsync(AgeSamples.Bytes(1000));
        for (var i = 0; i < stored.Length - 1000 - ChunkCipher.TagLength; i++)
        {
            byte[] damaged = [.. stored];
            damaged[i] ^= 0x10;
            Assert.Throws<EncryptedDataDamagedException>(() => reader.Open(new MemoryByteSource(damaged)));
        }
    }

    [Fact]
    public async Task Cut_short_anywhere_it_is_never_taken_for_whole()
    {
        var plain = AgeSamples.Bytes((2 * Chunk) + 40);
        int[] near = [0, 1, 15, 16, 17, 40];
        var whole = (await EncryptAsync(plain)).Stored.Length;
        var head = whole - plain.Length - (3 * ChunkCipher.TagLength);
        var cuts = new[] { 0, head, head + ChunkStream.SealedLength, head + (2 * ChunkStream.SealedLength), whole }
            .SelectMany(place => near.SelectMany(n => new[] { place - n, place + n })).Where(at => at >= 0 && at < whole).Distinct();
        foreach (var cut in cuts)
        {
            var (stored, reader) = await EncryptAsync(plain);
            Assert.ThrowsAny<RecoveryException>(() =>
            {
                using var source = reader.Open(new MemoryByteSource(stored[..cut]));
                source.ReadExactly(0, new byte[source.Length]);
            });
        }
    }

    [Fact]
    public async Task Chunks_that_changed_places_are_told()
    {
        var (stored, reader) = await EncryptAsync(AgeSamples.Bytes(3 * Chunk));
        var head = stored.Length - (3 * ChunkStream.SealedLength);
        byte[] swapped =
        [
            .. stored[..head], .. stored[(head + ChunkStream.SealedLength)..(head + (2 * ChunkStream.SealedLength))],
            .. stored[head..(head + ChunkStream.SealedLength)], .. stored[(head + (2 * ChunkStream.SealedLength))..],
        ];
        using var source = reader.Open(new MemoryByteSource(swapped));
        Assert.Throws<EncryptedDataDamagedException>(() => source.ReadExactly(0, new byte[1]));
    }

    [Fact]
    public async Task Many_threads_read_at_once()
    {
        var plain = AgeSamples.Bytes((9 * Chunk) + 77);
        var (stored, reader) = await EncryptAsync(plain);
        using var source = reader.Open(new MemoryByteSource(stored));
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, number =>
        {
            var random = new Random(number);
            var from = random.Next(plain.Length);
            var read = new byte[random.Next(Math.Min(2 * Chunk, plain.Length - from) + 1)];
            source.ReadExactly(from, read);
            Assert.True(read.AsSpan().SequenceEqual(plain.AsSpan(from, read.Length)));
        });
    }

    [Fact]
    public async Task Disposed_it_disposes_what_is_stored_and_its_key()
    {
        var (stored, reader) = await EncryptAsync(AgeSamples.Bytes(1000));
        var memory = new MemoryByteSource(stored);
        var source = reader.Open(memory);
        source.Dispose();

        Assert.True(memory.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => source.ReadExactly(0, new byte[1]));
    }

    private static async Task<(byte[] Stored, LayerReader Reader)> EncryptAsync(byte[] plain)
    {
        using var stored = new MemoryStream();
        LayerReader reader;
        await using (var encrypting = AgeSamples.Quick.Encrypt(stored, new() { Recipients = [AgeSamples.Quick.NewKeyPair().Recipient] }))
        {
            reader = ((IRereadable)encrypting).Reader();
            for (var at = 0; at < plain.Length; at += 100_000)
            {
                await encrypting.WriteAsync(plain.AsMemory(at, Math.Min(100_000, plain.Length - at)), Token);
            }
        }

        return (stored.ToArray(), reader);
    }
}
