namespace DrPowerShell.Core.Repositories.Manifests;

/// <summary>A later verification of a stored backup: an object of its own, never changed. Its JSON is described by backup-proof.schema.json.</summary>
public sealed record BackupProof
{
    public const string CurrentSchema = "drpowershell.proof/1";

    public required string Schema { get; init; }

    /// <summary>The backup's id.</summary>
    public required string Backup { get; init; }

    /// <summary>When it was made, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The SHA-256 of the stored bytes that were read.</summary>
    public required string ObjectSha256 { get; init; }

    public required bool IsValid { get; init; }

    /// <summary>How far it went: None (the stored bytes alone), Digest, Structure, Full or Boot.</summary>
    public required string Level { get; init; }

    /// <summary>Whether the plain snapshot was read: false for an encrypted one without an identity.</summary>
    public required bool Decrypted { get; init; }

    public long? Revision { get; init; }

    public string? Hash { get; init; }

    public uint? HashKv { get; init; }

    public long? KeyCount { get; init; }

    /// <summary>The version of the etcd that booted from it; null below level Boot.</summary>
    public string? BootedVersion { get; init; }

    /// <summary>What was found, as code and text, at most 20.</summary>
    public IReadOnlyList<ProofFinding> Findings { get; init; } = [];

    public required string Tool { get; init; }

    public required string Host { get; init; }

    public ManifestSignature? Signature { get; init; }
}

/// <summary>A finding of a proof.</summary>
public sealed record ProofFinding(string Severity, string Code, string Text);
