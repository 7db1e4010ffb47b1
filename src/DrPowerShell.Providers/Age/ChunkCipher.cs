using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using BouncyChaCha20Poly1305 = Org.BouncyCastle.Crypto.Modes.ChaCha20Poly1305;

namespace DrPowerShell.Providers.Age;

/// <summary>ChaCha20-Poly1305 (RFC 8439) with the tag behind the ciphertext: the platform's own, or BouncyCastle's where the platform has none.</summary>
internal sealed class ChunkCipher : IDisposable
{
    public const int TagLength = 16;
    public const int NonceLength = 12;

    private readonly ChaCha20Poly1305? _platform;
    private readonly byte[] _key;

    /// <param name="key">32 bytes; copied.</param>
    /// <param name="managed">Use BouncyCastle's, whatever the platform has.</param>
    public ChunkCipher(ReadOnlySpan<byte> key, bool managed = false)
    {
        _key = key.ToArray();
        _platform = ChaCha20Poly1305.IsSupported && !managed ? new(key) : null;
    }

    /// <summary>Another one of the same key, with a life of its own.</summary>
    public ChunkCipher Copy() => new(_key, managed: _platform is null);

    /// <param name="nonce">12 bytes, never twice under one key.</param>
    /// <param name="plain">The plain bytes.</param>
    /// <param name="destination">Exactly 16 bytes longer than the plain ones.</param>
    public void Encrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, Span<byte> destination)
    {
        if (_platform is not null)
        {
            _platform.Encrypt(nonce, plain, destination[..^TagLength], destination[^TagLength..]);
            return;
        }

        var cipher = Managed(forEncryption: true, nonce);
        var count = cipher.ProcessBytes(plain, destination);
        cipher.DoFinal(destination[count..]);
    }

    /// <summary>Opens a chunk; false where it is not what was sealed, and then nothing of it is left in the destination.</summary>
    public bool TryDecrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> chunk, Span<byte> destination)
    {
        try
        {
            if (_platform is not null)
            {
                _platform.Decrypt(nonce, chunk[..^TagLength], chunk[^TagLength..], destination);
                return true;
            }

            var cipher = Managed(forEncryption: false, nonce);
            var count = cipher.ProcessBytes(chunk, destination);
            cipher.DoFinal(destination[count..]);
            return true;
        }
        catch (Exception e) when (e is AuthenticationTagMismatchException or InvalidCipherTextException)
        {
            destination.Clear();
            return false;
        }
    }

    public void Dispose()
    {
        _platform?.Dispose();
        CryptographicOperations.ZeroMemory(_key);
    }

    private BouncyChaCha20Poly1305 Managed(bool forEncryption, ReadOnlySpan<byte> nonce)
    {
        var cipher = new BouncyChaCha20Poly1305();
        cipher.Init(forEncryption, new AeadParameters(new KeyParameter(_key), TagLength * 8, nonce.ToArray()));
        return cipher;
    }
}
