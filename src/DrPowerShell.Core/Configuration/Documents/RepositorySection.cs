using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Secrets;

namespace DrPowerShell.Core.Configuration.Documents;

/// <summary>One repository of an estate.</summary>
public sealed record RepositorySection
{
    [EstateKey("Where it is: s3://bucket/prefix, sftp://user@host/folder, file:///folder, or a folder's path (relative ones begin with ./ or ../).",
        Required = true, Format = EstateFormat.Repository)]
    public string Uri { get; init; } = "";

    [EstateKey("What fails together: copies count once a place. Default: the server's name.")]
    public string? Place { get; init; }

    [EstateKey("Whether it survives the loss of the cluster's own site. Default: true for s3 and sftp, false for a folder.")]
    public bool? Offsite { get; init; }

    [EstateKey("Retain every object with S3 Object Lock.")]
    public LockSection? Lock { get; init; }

    [EstateKey("The zstd level, 1 to 22; 0 stores plain snapshots.", Minimum = 0, Maximum = 22, Default = 3)]
    public int? Compression { get; init; }

    [EstateKey("Encrypt what is stored, in the age format.")]
    public EncryptionSection? Encrypt { get; init; }

    [EstateKey("Sign manifests and proofs.")]
    public SigningSection? Sign { get; init; }

    [EstateKey("PEM files with the public keys or certificates whose signatures are believed here. Default: the estate's own trust.", Format = EstateFormat.File)]
    public IReadOnlyList<string>? Trust { get; init; }

    [EstateKey("How long the mark of an upload may go without renewal before what it left is collected.", Default = "24h")]
    public TimeSpan? UnfinishedAfter { get; init; }

    [EstateKey("How often somebody who holds an identity must prove each backup.")]
    public TimeSpan? ProofEvery { get; init; }

    [EstateKey("Access to an s3:// repository. Without keys the SDK's own chain is asked: environment, profile, web identity, instance role.")]
    public S3Section? S3 { get; init; }

    [EstateKey("Access to an sftp:// repository.")]
    public SftpSection? Sftp { get; init; }
}

/// <summary>Object Lock.</summary>
public sealed record LockSection
{
    [EstateKey("compliance: nobody may shorten it. governance: users with a special right may.", Required = true)]
    public BlobLockMode Mode { get; init; }

    [EstateKey("For how many days from the upload on.", Required = true, Minimum = 1, Maximum = 36500)]
    public int Days { get; init; }
}

/// <summary>To whom backups are encrypted, and what opens them again.</summary>
public sealed record EncryptionSection
{
    [EstateKey("Recipients: age1… or names from recipients.", Format = EstateFormat.Recipient)]
    public IReadOnlyList<string> Recipients { get; init; } = [];

    [EstateKey("Files with one recipient a line, as age -R takes them.", Format = EstateFormat.File)]
    public IReadOnlyList<string> RecipientFiles { get; init; } = [];

    [EstateKey("Where a passphrase is kept, instead of recipients.")]
    public SecretReference? Passphrase { get; init; }

    [EstateKey("Where identities (AGE-SECRET-KEY-1…) are kept that open the backups. Leave it out where backups are only made.")]
    public IReadOnlyList<SecretReference> Identities { get; init; } = [];
}

/// <summary>The key that signs.</summary>
public sealed record SigningSection
{
    [EstateKey("A PEM file with an ECDSA private key, and its certificate where there is one.", Required = true, Format = EstateFormat.File)]
    public string Key { get; init; } = "";

    [EstateKey("Where the key's passphrase is kept.")]
    public SecretReference? Passphrase { get; init; }
}

/// <summary>Access to an S3 server.</summary>
public sealed record S3Section
{
    [EstateKey("The server's URL. Default: AWS itself.")]
    public Uri? Endpoint { get; init; }

    [EstateKey("The region.")]
    public string? Region { get; init; }

    [EstateKey("A profile of the AWS configuration files.")]
    public string? Profile { get; init; }

    [EstateKey("server/bucket/key instead of bucket.server/key. Default: true wherever an endpoint is given.")]
    public bool? PathStyle { get; init; }

    [EstateKey("Where the access key is kept.")]
    public SecretReference? AccessKey { get; init; }

    [EstateKey("Where the secret key is kept.")]
    public SecretReference? SecretKey { get; init; }

    [EstateKey("Where the session token is kept.")]
    public SecretReference? SessionToken { get; init; }

    [EstateKey("A PEM file with the authorities that signed the server's certificate. Default: the machine's own.", Format = EstateFormat.File)]
    public string? CaCertificate { get; init; }
}

/// <summary>Access to an SSH server; user, host and port stand in the URI.</summary>
public sealed record SftpSection
{
    [EstateKey("A private key file.", Format = EstateFormat.File)]
    public string? Key { get; init; }

    [EstateKey("Where the key's passphrase is kept.")]
    public SecretReference? KeyPassphrase { get; init; }

    [EstateKey("An OpenSSH certificate for the key.", Format = EstateFormat.File)]
    public string? Certificate { get; init; }

    [EstateKey("Where the password is kept.")]
    public SecretReference? Password { get; init; }

    [EstateKey("known_hosts files. Default: the user's and the machine's own.", Format = EstateFormat.File)]
    public IReadOnlyList<string> KnownHosts { get; init; } = [];

    [EstateKey("Hosts to pass through, the nearest first.")]
    public IReadOnlyList<JumpSection> Jump { get; init; } = [];
}

/// <summary>A host that a connection passes through.</summary>
public sealed record JumpSection
{
    [EstateKey("user@host, or user@host:port.", Required = true, Format = EstateFormat.SshHost)]
    public string Host { get; init; } = "";

    [EstateKey("A private key file.", Format = EstateFormat.File)]
    public string? Key { get; init; }

    [EstateKey("Where the key's passphrase is kept.")]
    public SecretReference? KeyPassphrase { get; init; }

    [EstateKey("An OpenSSH certificate for the key.", Format = EstateFormat.File)]
    public string? Certificate { get; init; }

    [EstateKey("Where the password is kept.")]
    public SecretReference? Password { get; init; }

    [EstateKey("known_hosts files. Default: the user's and the machine's own.", Format = EstateFormat.File)]
    public IReadOnlyList<string> KnownHosts { get; init; } = [];
}
