namespace DrPowerShell.Core.Ports;

/// <summary>Encryption of a stream in the age v1 format (age-encryption.org/v1), which the <c>age</c> tool reads and writes.</summary>
public interface IEncryption
{
    /// <summary>Makes an X25519 key pair, as <c>age-keygen</c> does.</summary>
    EncryptionKeyPair NewKeyPair();

    /// <summary>The recipient (age1…) that belongs to an identity (AGE-SECRET-KEY-1…).</summary>
    /// <exception cref="DrPowerShell.Core.Repositories.Errors.EncryptionIdentityNotValidException">It is no such identity.</exception>
    string RecipientOf(string identity);

    /// <summary>Throws unless the text is an X25519 recipient (age1…).</summary>
    /// <exception cref="DrPowerShell.Core.Repositories.Errors.EncryptionRecipientNotValidException">It is none.</exception>
    void CheckRecipient(string recipient);

    /// <summary>A stream that encrypts what is written to it to all recipients; disposing it writes the last chunk and leaves the destination open.</summary>
    Stream Encrypt(Stream destination, EncryptionTarget target);

    /// <summary>A stream that reads the plain bytes. It gives out no byte that was not authenticated. Leaves the source open.</summary>
    /// <exception cref="DrPowerShell.Core.Repositories.Errors.EncryptedForOthersException">None of the keys opens it.</exception>
    /// <exception cref="DrPowerShell.Core.Repositories.Errors.EncryptedDataDamagedException">The header or a chunk is damaged, or the end is missing; also thrown by reads.</exception>
    Task<Stream> DecryptAsync(Stream source, DecryptionKeys keys, CancellationToken cancellationToken);
}

/// <summary>A key pair: the identity is secret.</summary>
public sealed record EncryptionKeyPair(string Recipient, string Identity)
{
    // A record prints its members: the identity must never reach a log that way.
    private bool PrintMembers(System.Text.StringBuilder builder)
    {
        builder.Append("Recipient = ").Append(Recipient);
        return true;
    }
}

/// <summary>To whom a stream is encrypted: recipients, or a passphrase instead (age allows no mix).</summary>
public sealed record EncryptionTarget
{
    public IReadOnlyList<string> Recipients { get; init; } = [];

    public string? Passphrase { get; init; }

    public bool IsNone => Recipients.Count == 0 && Passphrase is null;

    public override string ToString() => Passphrase is null ? string.Join(", ", Recipients) : "a passphrase";
}

/// <summary>What may open an encrypted stream.</summary>
public sealed record DecryptionKeys
{
    public static DecryptionKeys None { get; } = new();

    /// <summary>Identities (AGE-SECRET-KEY-1…).</summary>
    public IReadOnlyList<string> Identities { get; init; } = [];

    public string? Passphrase { get; init; }

    public bool IsNone => Identities.Count == 0 && Passphrase is null;

    public override string ToString() => $"{Identities.Count} identities{(Passphrase is null ? "" : " and a passphrase")}";
}
