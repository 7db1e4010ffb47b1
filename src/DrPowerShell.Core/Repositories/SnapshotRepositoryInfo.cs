namespace DrPowerShell.Core.Repositories;

/// <summary>What the estate says of a repository. Holds no secret.</summary>
public sealed record SnapshotRepositoryInfo
{
    public required string Name { get; init; }

    public required Uri Uri { get; init; }

    /// <summary>What fails together: copies count once a place.</summary>
    public required string Place { get; init; }

    public required bool IsOffsite { get; init; }

    /// <summary>What S3 Object Lock is asked for; null for none.</summary>
    public RepositoryLockPolicy? Lock { get; init; }

    /// <summary>None, Recipients or Passphrase.</summary>
    public required string Encryption { get; init; }

    /// <summary>The recipients that the estate names; those of recipient files are not read.</summary>
    public IReadOnlyList<string> Recipients { get; init; } = [];

    /// <summary>The zstd level; 0 for none.</summary>
    public int CompressionLevel { get; init; }

    /// <summary>Whether manifests are signed.</summary>
    public bool IsSigned { get; init; }

    /// <summary>Whether restores refuse what no trusted key signed.</summary>
    public bool IsTrustRequired { get; init; }

    /// <summary>How often each backup must be proved by somebody who holds an identity; null for no such demand.</summary>
    public TimeSpan? ProofEvery { get; init; }

    /// <summary>The estate file.</summary>
    public required string Estate { get; init; }

    public override string ToString() => Name;
}
