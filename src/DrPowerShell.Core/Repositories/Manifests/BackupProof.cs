namespace DrPowerShell.Core.Repositories.Manifests;

/// <summary>A later verification of a stored backup: an object of its own, never changed. Its JSON is described by backup-proof.schema.json.</summary>
public sealed record BackupProof
{
    /// <summary>The version of this shape.</summary>
    public const string CurrentSchema = "drpowershell.proof/1";

    /// <summary>The version of this document's shape.</summary>
    public required string Schema { get; init; }

    /// <summary>The backup's id.</summary>
    public required string Backup { get; init; }

    /// <summary>When it was made, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The SHA-256 of the stored bytes that were read.</summary>
    public required string ObjectSha256 { get; init; }

    /// <summary>Whether nothing was found that speaks against the backup.</summary>
    public required bool IsValid { get; init; }

    /// <summary>How far it went: None (the stored bytes alone), Digest, Structure, Full or Boot.</summary>
    public required string Level { get; init; }

    /// <summary>Whether the plain snapshot was read: false for an encrypted one without an identity.</summary>
    public required bool Decrypted { get; init; }

    /// <summary>The main revision that the snapshot holds; null where it was not read.</summary>
    public long? Revision { get; init; }

    /// <summary>The hash that etcdutl prints, hexadecimal; null where it was not read.</summary>
    public string? Hash { get; init; }

    /// <summary>HashKV at the newest revision; null below level Full.</summary>
    public uint? HashKv { get; init; }

    /// <summary>Distinct live keys; null below level Full.</summary>
    public long? KeyCount { get; init; }

    /// <summary>The version of the etcd that booted from it; null below level Boot.</summary>
    public string? BootedVersion { get; init; }

    /// <summary>What was found, at most 20.</summary>
    public IReadOnlyList<ProofFinding> Findings { get; init; } = [];

    /// <summary>The program that wrote it, such as "DrPowerShell 0.1.0".</summary>
    public required string Tool { get; init; }

    /// <summary>The machine that wrote it.</summary>
    public required string Host { get; init; }

    /// <summary>The signature over this document; null where it is not signed.</summary>
    public ManifestSignature? Signature { get; init; }
}

/// <summary>A finding of a proof.</summary>
/// <param name="Severity">Information, Warning or Error.</param>
/// <param name="Code">What kind it is, such as ObjectChanged.</param>
/// <param name="Text">A sentence.</param>
public sealed record ProofFinding(string Severity, string Code, string Text);
