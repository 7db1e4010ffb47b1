using System.Text;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Providers.Age;
using Xunit;
using static DrPowerShell.Providers.Tests.Age.AgeSamples;

namespace DrPowerShell.Providers.Tests.Age;

public sealed class AgeDamageTests
{
    private static readonly EncryptionKeyPair Ours = Quick.NewKeyPair();

    [Fact]
    public async Task Every_truncation_is_told()
    {
        var stored = await EncryptAsync(Bytes(100), To(Ours));
        for (var length = 0; length < stored.Length; length++)
        {
            await Assert.ThrowsAsync<EncryptedDataDamagedException>(() => DecryptAsync(stored[..length], By(Ours)));
        }
    }

    [Fact]
    public async Task Every_flipped_byte_is_told()
    {
        var stored = await EncryptAsync(Bytes(100), To(Ours, Quick.NewKeyPair()));
        for (var bit = 0; bit < stored.Length * 8; bit += 7)
        {
            var changed = (byte[])stored.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));

            var error = await Assert.ThrowsAnyAsync<RecoveryException>(() => DecryptAsync(changed, By(Ours)));
            // In our own stanza it looks as if the stanza were somebody else's.
            Assert.True(error is EncryptedDataDamagedException || (error is EncryptedForOthersException && bit / 8 < 150), $"bit {bit}: {error}");
        }
    }

    [Fact]
    public async Task A_chunk_left_out_moved_or_taken_from_elsewhere_is_told()
    {
        var stored = await EncryptAsync(Bytes(3 * ChunkStream.PlainLength), To(Ours));
        var other = await EncryptAsync(Bytes(3 * ChunkStream.PlainLength), To(Ours));
        var body = stored.Length - (3 * ChunkStream.SealedLength);
        byte[] Chunk(byte[] from, int number) => from[(body + (number * ChunkStream.SealedLength))..(body + ((number + 1) * ChunkStream.SealedLength))];
        byte[][][] bodies =
        [
            [Chunk(stored, 0), Chunk(stored, 2)],
            [Chunk(stored, 1), Chunk(stored, 2)],
            [Chunk(stored, 0), Chunk(stored, 1)],
            [Chunk(stored, 1), Chunk(stored, 0), Chunk(stored, 2)],
            [Chunk(stored, 0), Chunk(other, 1), Chunk(stored, 2)],
            [Chunk(stored, 0), Chunk(stored, 1), Chunk(stored, 2), Chunk(stored, 2)],
            [Chunk(stored, 0), Chunk(stored, 1), Chunk(stored, 2), [1]],
        ];

        Assert.Equal(stored, (byte[])[.. stored[..body], .. Chunk(stored, 0), .. Chunk(stored, 1), .. Chunk(stored, 2)]);
        foreach (var chunks in bodies)
        {
            await Assert.ThrowsAsync<EncryptedDataDamagedException>(() => DecryptAsync([.. stored[..body], .. chunks.SelectMany(chunk => chunk)], By(Ours)));
        }
    }

    [Fact]
    public async Task Nothing_is_read_behind_damage()
    {
        var stored = await EncryptAsync(Bytes(5 * ChunkStream.PlainLength), To(Ours));
        stored[^(3 * ChunkStream.SealedLength)] ^= 1;
        await using var decrypting = await Quick.DecryptAsync(new MemoryStream(stored), By(Ours), TestContext.Current.CancellationToken);
        var good = new byte[2 * ChunkStream.PlainLength];
        await decrypting.ReadExactlyAsync(good, TestContext.Current.CancellationToken);

        Assert.Equal(Bytes(5 * ChunkStream.PlainLength)[..good.Length], good);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            await Assert.ThrowsAsync<EncryptedDataDamagedException>(async () => _ = await decrypting.ReadAtLeastAsync(good, 1, cancellationToken: TestContext.Current.CancellationToken));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Seeded_mutations_of_a_header_end_in_typed_errors(bool passphrase)
    {
        var target = passphrase ? new EncryptionTarget { Passphrase = "x" } : To(Ours, Quick.NewKeyPair());
        var keys = passphrase ? new DecryptionKeys { Passphrase = "x" } : By(Ours);
        var stored = await EncryptAsync(Bytes(10), target);
        var head = stored.AsSpan().IndexOf("\n---"u8) + 50;
        var random = new Random(20261122);
        var pieces = new[] { "-> ", "\n", "---", " ", "X25519", "scrypt", "=", "\r\n", "9", "22", "age-encryption.org/v1", "\0" }.Select(Encoding.ASCII.GetBytes).ToArray();
        for (var run = 0; run < 1000; run++)
        {
            var bytes = stored.ToList();
            for (var edits = random.Next(1, 4); edits > 0; edits--)
            {
                var at = random.Next(Math.Min(head, bytes.Count - 20));
                switch (random.Next(4))
                {
                    case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                    case 1: bytes.RemoveRange(at, random.Next(1, 20)); break;
                    case 2: bytes.InsertRange(at, pieces[random.Next(pieces.Length)]); break;
                    default: bytes.InsertRange(at, bytes.GetRange(random.Next(head - 60), random.Next(1, 20))); break;
                }
            }

            // A passphrase's work must not be done for real where a mutation raised it.
            if (bytes.SequenceEqual(stored) || (passphrase && Expensive(bytes)))
            {
                continue;
            }

            await Assert.ThrowsAnyAsync<RecoveryException>(() => DecryptAsync([.. bytes], keys));
        }
    }

    [Fact]
    public async Task A_header_without_end_is_given_up_early()
    {
        var endless = new RepeatingStream(Encoding.ASCII.GetBytes("age-encryption.org/v1\n"), Encoding.ASCII.GetBytes("-> x y\n\n"));
        await Assert.ThrowsAsync<EncryptedDataDamagedException>(() => Quick.DecryptAsync(endless, By(Ours), TestContext.Current.CancellationToken));
        Assert.InRange(endless.Given, 0, 1 << 20);

        var line = new RepeatingStream(Encoding.ASCII.GetBytes("age-encryption.org/v1\n-> "), Encoding.ASCII.GetBytes("xxxxxxx"));
        await Assert.ThrowsAsync<EncryptedDataDamagedException>(() => Quick.DecryptAsync(line, By(Ours), TestContext.Current.CancellationToken));
        Assert.InRange(line.Given, 0, 1 << 20);

        var space = new RepeatingStream([(byte)' '], Encoding.ASCII.GetBytes(" \n"));
        await Assert.ThrowsAsync<EncryptedDataDamagedException>(() => Quick.DecryptAsync(space, By(Ours), TestContext.Current.CancellationToken));
        Assert.InRange(space.Given, 0, 1 << 20);
    }

    private static bool Expensive(List<byte> bytes) => Encoding.Latin1.GetString([.. bytes]).Split('\n')
        .Any(line => line.StartsWith("-> scrypt ", StringComparison.Ordinal) && int.TryParse(line.Split(' ')[^1], out var factor) && factor > 10);

    /// <summary>A beginning, and then the same bytes for ever.</summary>
    private sealed class RepeatingStream(byte[] beginning, byte[] rest) : MemoryStream
    {
        public int Given { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            for (var i = 0; i < buffer.Length; i++, Given++)
            {
                buffer.Span[i] = Given < beginning.Length ? beginning[Given] : rest[(Given - beginning.Length) % rest.Length];
            }

            return new(buffer.Length);
        }
    }
}
