using System.Globalization;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Core.Secrets;

namespace DrPowerShell.Core.Configuration;

/// <summary>Makes repository options from a repository of the estate.</summary>
internal static class RepositoryAccess
{
    private const int SshPort = 22;

    public static RepositoryOptions Resolve(Estate estate, string name, RepositorySection section, ISecretSource secrets)
    {
        var parsed = Placed(name, section);
        var trust = section.Trust ?? estate.Trust;
        return parsed with
        {
            Estate = estate.Path,
            CompressionLevel = section.Compression ?? parsed.CompressionLevel,
            Encryption = Target(estate, section.Encrypt, secrets),
            Signer = section.Sign is { } sign ? ManifestSigner.FromFile(sign.Key, Read(sign.Passphrase, secrets)) : null,
            Trust = trust.Count == 0 ? ManifestTrust.None : ManifestTrust.FromFiles(trust),
            UnfinishedAfter = section.UnfinishedAfter ?? parsed.UnfinishedAfter,
            S3 = section.S3 is { } s3 ? Access(parsed.S3, s3, secrets) : parsed.S3,
            Sftp = section.Sftp is { } sftp ? Access(sftp, secrets) : parsed.Sftp,
        };
    }

    public static DecryptionKeys Keys(EncryptionSection? section, ISecretSource secrets) => section is null ? DecryptionKeys.None : new DecryptionKeys
    {
        Identities = [.. section.Identities.SelectMany(reference => Lines(secrets.Read(reference)))],
        Passphrase = Read(section.Passphrase, secrets),
    };

    public static SnapshotRepositoryInfo Describe(Estate estate, string name, RepositorySection section)
    {
        var options = Placed(name, section);
        return new SnapshotRepositoryInfo
        {
            Name = name,
            Uri = options.Uri,
            Place = options.Place,
            IsOffsite = options.IsOffsite,
            Lock = options.Lock,
            Encryption = section.Encrypt is null ? "None" : section.Encrypt.Passphrase is null ? "Recipients" : "Passphrase",
            Recipients = section.Encrypt is null ? [] : [.. section.Encrypt.Recipients.Select(one => Recipient(estate, one))],
            CompressionLevel = section.Compression ?? options.CompressionLevel,
            IsSigned = section.Sign is not null,
            IsTrustRequired = (section.Trust ?? estate.Trust).Count > 0,
            ProofEvery = section.ProofEvery,
            Estate = estate.Path,
        };
    }

    private static RepositoryOptions Placed(string name, RepositorySection section)
    {
        var parsed = RepositoryUri.Parse(section.Uri);
        var place = section.Place ?? section.S3?.Endpoint?.Host ?? (parsed.S3.Endpoint is null && section.S3?.Region is { } region ? "s3 " + region : parsed.Place);
        return parsed with
        {
            Name = name,
            Place = place,
            IsOffsite = section.Offsite ?? parsed.IsOffsite,
            Lock = section.Lock is { } wanted ? new RepositoryLockPolicy(wanted.Mode, wanted.Days) : null,
            ProofEvery = section.ProofEvery,
        };
    }

    private static EncryptionTarget Target(Estate estate, EncryptionSection? section, ISecretSource secrets) => section is null ? new EncryptionTarget() : new EncryptionTarget
    {
        Recipients = [.. section.Recipients.Select(one => Recipient(estate, one)).Concat(section.RecipientFiles.SelectMany(FromFile)).Distinct(StringComparer.Ordinal)],
        Passphrase = Read(section.Passphrase, secrets),
    };

    private static string Recipient(Estate estate, string text) => estate.Recipients.GetValueOrDefault(text, text);

    private static string[] FromFile(string path)
    {
        string[] recipients = [.. Lines(File.ReadAllText(path))];
        foreach (var recipient in recipients)
        {
            if (recipient.Contains("SECRET-KEY", StringComparison.OrdinalIgnoreCase))
            {
                throw new EncryptionRecipientNotValidException(path, "the file holds an identity, which is secret; recipients begin with age1.");
            }

            ProviderLoader.Catalog.Age.CheckRecipient(recipient);
        }

        // An empty file would store plain what was meant to be encrypted.
        return recipients.Length > 0 ? recipients : throw new EncryptionRecipientNotValidException(path, "the file holds none.");
    }

    private static IEnumerable<string> Lines(string text) =>
        text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('#'));

    private static S3Access Access(S3Access written, S3Section section, ISecretSource secrets) => new()
    {
        Endpoint = section.Endpoint ?? written.Endpoint,
        Region = section.Region ?? written.Region,
        Profile = section.Profile ?? written.Profile,
        PathStyle = section.PathStyle ?? written.PathStyle,
        AccessKey = Read(section.AccessKey, secrets),
        SecretKey = Read(section.SecretKey, secrets),
        SessionToken = Read(section.SessionToken, secrets),
        CACertificatePath = section.CaCertificate,
    };

    /// <summary>A machine with all that opens it.</summary>
    public static HostOptions Host(string name, HostSection section, ISecretSource secrets) => new()
    {
        Name = name,
        Kind = section.Type,
        Address = section.Address ?? name,
        Port = section.Port ?? SshPort,
        User = section.User ?? Environment.UserName,
        Sudo = section.Sudo,
        Access = new SftpAccess
        {
            KeyPath = section.Key,
            KeyPassphrase = Read(section.KeyPassphrase, secrets),
            CertificatePath = section.Certificate,
            Password = Read(section.Password, secrets),
            KnownHostsPaths = section.KnownHosts,
            Jumps = [.. section.Jump.Select(jump => Hop(jump, secrets))],
        },
    };

    private static SftpAccess Access(SftpSection section, ISecretSource secrets) => new()
    {
        KeyPath = section.Key,
        KeyPassphrase = Read(section.KeyPassphrase, secrets),
        CertificatePath = section.Certificate,
        Password = Read(section.Password, secrets),
        KnownHostsPaths = section.KnownHosts,
        Jumps = [.. section.Jump.Select(jump => Hop(jump, secrets))],
    };

    private static SshHop Hop(JumpSection section, ISecretSource secrets)
    {
        var (user, address) = section.Host.Split('@', 2) is [var u, var a] ? (u, a) : ("", section.Host);
        var colon = address.LastIndexOf(':');
        var hasPort = colon > address.LastIndexOf(']');
        return new SshHop((hasPort ? address[..colon] : address).Trim('[', ']'), hasPort ? int.Parse(address.AsSpan(colon + 1), CultureInfo.InvariantCulture) : SshPort, user)
        {
            Access = new SftpAccess
            {
                KeyPath = section.Key,
                KeyPassphrase = Read(section.KeyPassphrase, secrets),
                CertificatePath = section.Certificate,
                Password = Read(section.Password, secrets),
                KnownHostsPaths = section.KnownHosts,
            },
        };
    }

    private static string? Read(SecretReference? reference, ISecretSource secrets) => reference is null ? null : secrets.Read(reference);
}
