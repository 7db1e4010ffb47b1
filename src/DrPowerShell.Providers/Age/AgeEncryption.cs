using System.Security.Cryptography;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Providers.Age;

/// <summary>The age v1 format (https://c2sp.org/age): X25519 recipients or a passphrase.</summary>
/// <param name="workFactor">The logarithm of scrypt's cost that is written; tests take a low one.</param>
internal sealed class AgeEncryption(int workFactor = ScryptStanza.DefaultWorkFactor) : IEncryption
{
    public EncryptionKeyPair NewKeyPair()
    {
        var secret = RandomNumberGenerator.GetBytes(X25519Stanza.KeyLength);
        try
        {
            return new(AgeKeys.RecipientText(X25519Stanza.PublicOf(secret)), AgeKeys.IdentityText(secret));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    public string RecipientOf(string identity)
    {
        var secret = AgeKeys.Identity(identity);
        try
        {
            return AgeKeys.RecipientText(X25519Stanza.PublicOf(secret));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    public void CheckRecipient(string recipient)
    {
        // Wraps a key that nobody uses: a point of low order is seen no other way.
        Wrap(recipient, new byte[FileKeyWrapping.FileKeyLength]);
    }

    public Stream Encrypt(Stream destination, EncryptionTarget target)
    {
        var fileKey = RandomNumberGenerator.GetBytes(FileKeyWrapping.FileKeyLength);
        try
        {
            IReadOnlyList<AgeStanza> stanzas = target switch
            {
                { Passphrase: { } passphrase, Recipients.Count: 0 } => [ScryptStanza.Wrap(passphrase, workFactor, fileKey)],
                { Passphrase: null, Recipients.Count: > 0 } => [.. target.Recipients.Distinct(StringComparer.Ordinal).Select(one => Wrap(one, fileKey))],
                _ => throw new ArgumentException("Either recipients or a passphrase: one of the two.", nameof(target)),
            };
            var nonce = RandomNumberGenerator.GetBytes(ChunkStream.NonceLength);
            return new EncryptingStream(destination, ChunkStream.Cipher(fileKey, nonce), [.. AgeHeader.Seal(stanzas, fileKey).ToBytes(), .. nonce]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(fileKey);
        }
    }

    public async Task<Stream> DecryptAsync(Stream source, DecryptionKeys keys, CancellationToken cancellationToken)
    {
        var name = source is FileStream file ? file.Name : "The encrypted stream";
        (byte[] Secret, byte[] Recipient)[] identities = [.. keys.Identities.Select(AgeKeys.Identity).Select(secret => (secret, X25519Stanza.PublicOf(secret)))];
        byte[]? fileKey = null;
        try
        {
            var bytes = new AgeSource(source);
            var first = await bytes.PeekAsync(1, cancellationToken).ConfigureAwait(false);
            if (first.Length > 0 && ArmorStream.MayBeginWith(first.Span[0]))
            {
                bytes = new AgeSource(new ArmorStream(bytes));
            }

            var header = await AgeHeader.ReadAsync(bytes, cancellationToken).ConfigureAwait(false);
            fileKey = Unwrap(header, identities, keys.Passphrase) ?? throw ForOthers(name, header, keys);
            var nonce = new byte[ChunkStream.NonceLength];
            if (!header.IsSealedBy(fileKey))
            {
                throw new AgeFormatException("its header was changed.");
            }

            if (await bytes.ReadAsync(nonce, cancellationToken).ConfigureAwait(false) < nonce.Length)
            {
                throw new AgeFormatException("it is cut short.");
            }

            return new DecryptingStream(bytes, ChunkStream.Cipher(fileKey, nonce), name);
        }
        catch (AgeFormatException e)
        {
            throw new EncryptedDataDamagedException(name, e.Message, e);
        }
        catch (AgeTooCostlyException e)
        {
            throw new EncryptedForOthersException(name, [], e.Message);
        }
        finally
        {
            Array.ForEach(identities, identity => CryptographicOperations.ZeroMemory(identity.Secret));
            CryptographicOperations.ZeroMemory(fileKey);
        }
    }

    private static AgeStanza Wrap(string recipient, byte[] fileKey)
    {
        var key = AgeKeys.Recipient(recipient);
        try
        {
            return X25519Stanza.Wrap(key, fileKey);
        }
        catch (FormatException e)
        {
            throw new EncryptionRecipientNotValidException(recipient, e.Message);
        }
    }

    private static byte[]? Unwrap(AgeHeader header, (byte[] Secret, byte[] Recipient)[] identities, string? passphrase)
    {
        byte[]? fileKey = null;
        foreach (var stanza in header.Stanzas)
        {
            switch (stanza.Type)
            {
                case ScryptStanza.Type when header.Stanzas.Count > 1:
                    throw new AgeFormatException("its header mixes a passphrase with other recipients.");
                case ScryptStanza.Type:
                    ScryptStanza.Check(stanza);
                    fileKey = passphrase is null ? null : ScryptStanza.Unwrap(stanza, passphrase);
                    break;
                case X25519Stanza.Type:
                    // Every stanza is looked at, also behind the one that opens: a malformed header is told whoever reads it.
                    fileKey = identities.Select(identity => X25519Stanza.Unwrap(stanza, identity.Secret, identity.Recipient)).Aggregate(fileKey, (found, one) => found ?? one);
                    break;
            }
        }

        return fileKey;
    }

    private static EncryptedForOthersException ForOthers(string name, AgeHeader header, DecryptionKeys keys)
    {
        var recipients = header.Stanzas.GroupBy(stanza => stanza.ToString(), StringComparer.Ordinal)
            .Select(group => group.Count() == 1 ? group.Key : $"{group.Key} ({group.Count()} of them)").ToArray();
        var reason = header.Stanzas[0].Type == ScryptStanza.Type
            ? keys.Passphrase is null ? "no passphrase was given." : "the passphrase is another one."
            : keys.Identities.Count switch
            {
                0 => "no identity was given.",
                1 => "the identity given is none of its recipients'.",
                var count => $"none of the {count} identities given is one of its recipients'.",
            };
        return new(name, recipients, reason);
    }
}
