using System.Diagnostics.CodeAnalysis;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Manifests;

namespace DrPowerShell.Core.Repositories;

/// <summary>A repository, resolved: where it is, how to get in, and what is asked of the backups in it. Holds secrets; never print it whole.</summary>
public sealed record RepositoryOptions
{
    /// <summary>The estate's name for it, or the URI's text where it has none.</summary>
    public required string Name { get; init; }

    /// <summary>The estate file that names it; null where none does.</summary>
    public string? Estate { get; init; }

    /// <summary><c>file:///folder</c>, <c>s3://bucket/prefix</c> or <c>sftp://user@host:port/folder</c>, without query, password or fragment.</summary>
    public required Uri Uri { get; init; }

    /// <summary>What fails together: copies count once a place. The default is the URI's host, or "local" for a folder.</summary>
    [AllowNull]
    public string Place { get => field ?? (Uri.Host.Length > 0 ? Uri.Host : "local"); init; }

    /// <summary>Whether the place survives the loss of the cluster's own site. A folder does not unless the estate says so.</summary>
    public bool IsOffsite { get; init; }

    /// <summary>Retain every object with S3 Object Lock; null for no lock.</summary>
    public RepositoryLockPolicy? Lock { get; init; }

    /// <summary>The zstd level, 1 to 22; 0 stores plain snapshots.</summary>
    public int CompressionLevel { get; init; } = 3;

    /// <summary>To whom backups are encrypted; none for plain ones.</summary>
    public EncryptionTarget Encryption { get; init; } = new();

    /// <summary>Signs manifests and proofs; null to leave them unsigned.</summary>
    public ManifestSigner? Signer { get; init; }

    /// <summary>Whose signatures are believed. Where any is named, restores refuse what none of them signed.</summary>
    public ManifestTrust Trust { get; init; } = ManifestTrust.None;

    /// <summary>How long the mark of an upload may go without renewal before what it left is collected. Default 24 hours.</summary>
    public TimeSpan UnfinishedAfter { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How often somebody who holds an identity must prove each backup; null for no such demand.</summary>
    public TimeSpan? ProofEvery { get; init; }

    /// <summary>Access to an s3:// repository.</summary>
    public S3Access S3 { get; init; } = new();

    /// <summary>Access to an sftp:// repository.</summary>
    public SftpAccess Sftp { get; init; } = new();

    public override string ToString() => Name;
}

/// <summary>What Object Lock is asked of each upload.</summary>
/// <param name="Mode">Compliance or governance.</param>
/// <param name="Days">From the upload on.</param>
public sealed record RepositoryLockPolicy(BlobLockMode Mode, int Days);

/// <summary>How to get into an S3 server. Without keys the SDK's own chain is asked: environment, profile, web identity, instance role.</summary>
public sealed record S3Access
{
    /// <summary>The server; null for AWS itself.</summary>
    public Uri? Endpoint { get; init; }

    public string? Region { get; init; }

    /// <summary>Path style (server/bucket/key) instead of bucket.server/key; null for path style wherever an endpoint is given.</summary>
    public bool? PathStyle { get; init; }

    /// <summary>A profile of the AWS configuration files.</summary>
    public string? Profile { get; init; }

    public string? AccessKey { get; init; }

    public string? SecretKey { get; init; }

    public string? SessionToken { get; init; }

    /// <summary>A PEM file with the authorities that may have signed the server's certificate; null for the machine's own.</summary>
    public string? CACertificatePath { get; init; }

    public override string ToString() => Endpoint?.ToString() ?? Region ?? "";
}

/// <summary>How to get into an SSH server; user, host and port stand in the URI.</summary>
public sealed record SftpAccess
{
    /// <summary>A private key file.</summary>
    public string? KeyPath { get; init; }

    public string? KeyPassphrase { get; init; }

    /// <summary>An OpenSSH certificate for the key; null where there is none.</summary>
    public string? CertificatePath { get; init; }

    public string? Password { get; init; }

    /// <summary>The known_hosts files; empty for the user's and the machine's own.</summary>
    public IReadOnlyList<string> KnownHostsPaths { get; init; } = [];

    /// <summary>Hosts to pass through, the nearest first.</summary>
    public IReadOnlyList<SshHop> Jumps { get; init; } = [];

    public override string ToString() => string.Join(" > ", Jumps);
}

/// <summary>A host that a connection passes through.</summary>
public sealed record SshHop(string Host, int Port, string User)
{
    public SftpAccess Access { get; init; } = new();

    public override string ToString() => $"{User}@{Host}:{Port}";
}
