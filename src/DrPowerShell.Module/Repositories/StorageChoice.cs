using System.Security;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Snapshots;

namespace DrPowerShell.Module.Repositories;

/// <summary>What a command says about how a backup is stored, in place of what the estate says.</summary>
internal static class StorageChoice
{
    /// <summary>Puts the parameters that were given over the repository's own options.</summary>
    /// <exception cref="ParametersConflictException">Recipients and a passphrase were both given: age takes no mix.</exception>
    public static RepositoryOptions Apply(RepositoryOptions options, string[]? recipients, SecureString? passphrase, int? compressionLevel, string? signingKey)
    {
        if (recipients is not null && passphrase is not null)
        {
            throw new ParametersConflictException("Passphrase", "-Recipient and -Passphrase were both given; a file is encrypted to one kind of key only.", "Leave one of them out.");
        }

        foreach (var recipient in recipients ?? [])
        {
            ProviderLoader.Catalog.Age.CheckRecipient(recipient);
        }

        return options with
        {
            CompressionLevel = compressionLevel ?? options.CompressionLevel,
            Encryption = recipients is null && passphrase is null
                ? options.Encryption
                : new EncryptionTarget { Recipients = recipients ?? [], Passphrase = DecryptionKeySource.Plain(passphrase) },
            Signer = signingKey is null ? options.Signer : ManifestSigner.FromFile(signingKey),
        };
    }
}
