using DrPowerShell.Core.Ports;
using DrPowerShell.Providers.Age;
using Xunit;

namespace DrPowerShell.Providers.Tests.Age;

/// <summary>Encrypting and decrypting in memory, and bytes to do it with.</summary>
internal static class AgeSamples
{
    /// <summary>A work factor that takes no time.</summary>
    public static AgeEncryption Quick { get; } = new(workFactor: 4);

    public static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    public static async Task<byte[]> EncryptAsync(byte[] plain, EncryptionTarget target, int piece = 100_000)
    {
        using var stored = new MemoryStream();
        await using (var encrypting = Quick.Encrypt(stored, target))
        {
            for (var i = 0; i < plain.Length; i += piece)
            {
                await encrypting.WriteAsync(plain.AsMemory(i, Math.Min(piece, plain.Length - i)), TestContext.Current.CancellationToken);
            }
        }

        return stored.ToArray();
    }

    public static async Task<byte[]> DecryptAsync(byte[] stored, DecryptionKeys keys)
    {
        using var source = new MemoryStream(stored);
        using var plain = new MemoryStream();
        await using (var decrypting = await Quick.DecryptAsync(source, keys, TestContext.Current.CancellationToken))
        {
            await decrypting.CopyToAsync(plain, TestContext.Current.CancellationToken);
        }

        Assert.True(source.CanRead, "the source was closed");
        return plain.ToArray();
    }

    public static EncryptionTarget To(params EncryptionKeyPair[] pairs) => new() { Recipients = [.. pairs.Select(pair => pair.Recipient)] };

    public static DecryptionKeys By(params EncryptionKeyPair[] pairs) => new() { Identities = [.. pairs.Select(pair => pair.Identity)] };
}
