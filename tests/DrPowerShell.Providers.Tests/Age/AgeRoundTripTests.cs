using System.Diagnostics;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Providers.Age;
using Xunit;
using static DrPowerShell.Providers.Tests.Age.AgeSamples;

namespace DrPowerShell.Providers.Tests.Age;

public sealed class AgeRoundTripTests
{
    private static readonly EncryptionKeyPair Ours = Quick.NewKeyPair();
    private static readonly EncryptionKeyPair Theirs = Quick.NewKeyPair();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65535)]
    [InlineData(65536)]
    [InlineData(65537)]
    [InlineData(131071)]
    [InlineData(131072)]
    [InlineData(131073)]
    [InlineData((8 * 65536) - 1)]
    [InlineData(8 * 65536)]
    [InlineData((8 * 65536) + 1)]
    [InlineData(3_000_000)]
    public async Task What_was_written_is_read_whatever_its_length_and_its_pieces(int length)
    {
        var plain = Bytes(length);
        foreach (var piece in new[] { 4093, 65536, 65537, 1_000_000 })
        {
            var stored = await EncryptAsync(plain, To(Ours, Theirs), piece);

            Assert.Equal(plain, await DecryptAsync(stored, By(Theirs)));
        }
    }

    [Fact]
    public async Task Every_recipient_opens_it_and_nobody_else()
    {
        var stored = await EncryptAsync(Bytes(100), To(Ours, Theirs));

        Assert.Equal(Bytes(100), await DecryptAsync(stored, By(Quick.NewKeyPair(), Ours)));
        var error = await Assert.ThrowsAsync<EncryptedForOthersException>(() => DecryptAsync(stored, By(Quick.NewKeyPair())));
        Assert.Equal(["an X25519 recipient (2 of them)"], error.Recipients);
        await Assert.ThrowsAsync<EncryptedForOthersException>(() => DecryptAsync(stored, DecryptionKeys.None));
        await Assert.ThrowsAsync<EncryptedForOthersException>(() => DecryptAsync(stored, new() { Passphrase = "x" }));
    }

    [Fact]
    public async Task A_passphrase_opens_what_it_closed()
    {
        var stored = await EncryptAsync(Bytes(100), new() { Passphrase = "korrekt häst" });

        Assert.Equal(Bytes(100), await DecryptAsync(stored, new() { Passphrase = "korrekt häst" }));
        foreach (var keys in new[] { new() { Passphrase = "korrekt hast" }, By(Ours), DecryptionKeys.None })
        {
            var error = await Assert.ThrowsAsync<EncryptedForOthersException>(() => DecryptAsync(stored, keys));
            Assert.Equal(["a passphrase"], error.Recipients);
        }
    }

    [Fact]
    public async Task Synchronous_calls_do_the_same()
    {
        var plain = Bytes(700_000);
        using var stored = new MemoryStream();
        using (var encrypting = Quick.Encrypt(stored, To(Ours)))
        {
            new MemoryStream(plain).CopyTo(encrypting, 50_000);
            encrypting.Flush();
        }

        stored.Position = 0;
        using var read = new MemoryStream();
        await using var decrypting = await Quick.DecryptAsync(stored, By(Ours), TestContext.Current.CancellationToken);
        decrypting.CopyTo(read, 1000);
        Assert.Equal(plain, read.ToArray());
    }

    [Fact]
    public async Task The_destination_stays_open_and_a_second_dispose_adds_nothing()
    {
        using var stored = new MemoryStream();
        var encrypting = Quick.Encrypt(stored, To(Ours));
        await encrypting.DisposeAsync();
        var length = stored.Length;
        await encrypting.DisposeAsync();

        Assert.Equal(length, stored.Length);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await encrypting.WriteAsync(new byte[1], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task After_a_write_that_broke_off_no_last_chunk_is_written()
    {
        var destination = new BreakingStream(200_000);
        var encrypting = Quick.Encrypt(destination, To(Ours));
        await Assert.ThrowsAsync<IOException>(async () => await encrypting.WriteAsync(Bytes(3_000_000), TestContext.Current.CancellationToken));
        destination.Mend();
        await encrypting.DisposeAsync();

        await Assert.ThrowsAnyAsync<DrPowerShell.Etcd.Errors.RecoveryException>(() => DecryptAsync(destination.ToArray(), By(Ours)));
    }

    [Fact]
    public void A_target_is_recipients_or_a_passphrase()
    {
        Assert.Throws<ArgumentException>(() => Quick.Encrypt(Stream.Null, new()));
        Assert.Throws<ArgumentException>(() => Quick.Encrypt(Stream.Null, To(Ours) with { Passphrase = "x" }));
    }

    [Fact]
    public async Task It_keeps_pace_without_allocating()
    {
        const int Piece = 1 << 20;
        const int Pieces = 100;
        var plain = Bytes(Piece);
        var (watch, before) = (Stopwatch.StartNew(), GC.GetAllocatedBytesForCurrentThread());
        using (var encrypting = Quick.Encrypt(Stream.Null, To(Ours)))
        {
            for (var i = 0; i < Pieces; i++)
            {
                encrypting.Write(plain);
            }
        }

        var (writing, written) = (watch.Elapsed, GC.GetAllocatedBytesForCurrentThread() - before);
        var stored = new MemoryStream(await EncryptAsync(Bytes(Piece * Pieces / 4), To(Ours)));
        watch.Restart();
        await using var decrypting = await Quick.DecryptAsync(stored, By(Ours), TestContext.Current.CancellationToken);
        before = GC.GetAllocatedBytesForCurrentThread();
        long total = 0;
        for (int count; (count = decrypting.Read(plain)) > 0;)
        {
            total += count;
        }

        Assert.Equal((long)Piece * Pieces / 4, total);
        Assert.InRange(written, 0, 4 << 20);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        TestContext.Current.TestOutputHelper!.WriteLine($"{Pieces / writing.TotalSeconds:0} MB/s in, {Pieces / 4 / watch.Elapsed.TotalSeconds:0} MB/s out");

        // Far below what it does on an idle machine: a call for each byte would not pass.
        Assert.InRange(writing + watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Both_implementations_of_the_cipher_agree()
    {
        var key = Bytes(32);
        using var platform = new ChunkCipher(key);
        using var managed = new ChunkCipher(key, managed: true);
        foreach (var length in new[] { 0, 1, 16, 1000, 65536 })
        {
            var (one, other, back) = (new byte[length + 16], new byte[length + 16], new byte[length]);
            platform.Encrypt(new byte[12], Bytes(length), one);
            managed.Encrypt(new byte[12], Bytes(length), other);

            Assert.Equal(one, other);
            Assert.True(managed.TryDecrypt(new byte[12], one, back));
            Assert.Equal(Bytes(length), back);
            other[0] ^= 1;
            Assert.False(managed.TryDecrypt(new byte[12], other, back));
            Assert.All(back, value => Assert.Equal(0, value));
        }
    }

    /// <summary>A destination that fails once it holds so many bytes, until it is mended.</summary>
    private sealed class BreakingStream(int room) : MemoryStream
    {
        private bool _mended;

        public void Mend() => _mended = true;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            !_mended && Length + buffer.Length > room ? throw new IOException("full") : base.WriteAsync(buffer, cancellationToken);
    }
}
