using DrPowerShell.Core.Ports;

namespace DrPowerShell.Providers.Age;

internal sealed class AgeEncryption : IEncryption
{
    public EncryptionKeyPair NewKeyPair() => throw new NotSupportedException();

    public string RecipientOf(string identity) => throw new NotSupportedException();

    public void CheckRecipient(string recipient) => throw new NotSupportedException();

    public Stream Encrypt(Stream destination, EncryptionTarget target) => throw new NotSupportedException();

    public Task<Stream> DecryptAsync(Stream source, DecryptionKeys keys, CancellationToken cancellationToken) => throw new NotSupportedException();
}
