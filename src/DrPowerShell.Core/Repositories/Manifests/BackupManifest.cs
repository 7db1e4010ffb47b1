namespace DrPowerShell.Core.Repositories.Manifests;

/// <summary>What a repository says of one backup: written last, never changed. Its JSON is described by backup-manifest.schema.json.</summary>
public sealed record BackupManifest
{
    /// <summary>The version of this shape.</summary>
    public const string CurrentSchema = "drpowershell.backup/1";

    public required string Schema { get; init; }

    public required string Id { get; init; }

    public required ManifestCluster Cluster { get; init; }

    /// <summary>When the snapshot was begun (imported: when the file was last written), UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When the last byte was stored, UTC.</summary>
    public required DateTimeOffset Completed { get; init; }

    public required BackupOrigin Origin { get; init; }

    /// <summary>The member that the snapshot was streamed from; null where it was imported.</summary>
    public ManifestSource? Source { get; init; }

    /// <summary>The main revision; null where the snapshot was streamed through without having been read.</summary>
    public long? Revision { get; init; }

    /// <summary>The member's revision just before the stream began: the snapshot holds this one at least.</summary>
    public long? RevisionAtLeast { get; init; }

    /// <summary>The hash that etcdutl prints, hexadecimal; null where not read.</summary>
    public string? Hash { get; init; }

    /// <summary>HashKV at the newest revision; null below level Full.</summary>
    public uint? HashKv { get; init; }

    /// <summary>"Total keys" as etcdutl 3.5 counts them; null where not read.</summary>
    public long? TotalKeyV35 { get; init; }

    /// <summary>Distinct live keys; null below level Full.</summary>
    public long? KeyCount { get; init; }

    /// <summary>How far the snapshot was verified before this manifest was written: Digest, Structure, Full or Boot.</summary>
    public required string Verified { get; init; }

    /// <summary>The SHA-256 that etcd put at the snapshot's end; null for a file without one.</summary>
    public string? Digest { get; init; }

    /// <summary>The snapshot file as etcd sent it.</summary>
    public required ManifestLayer Plain { get; init; }

    /// <summary>After compression; null where there is none.</summary>
    public ManifestCompression? Compression { get; init; }

    /// <summary>To whom it is encrypted; null where it is not.</summary>
    public ManifestEncryption? Encryption { get; init; }

    /// <summary>What is stored.</summary>
    public required ManifestObject Object { get; init; }

    /// <summary>The archive of files beside etcd; null where there is none.</summary>
    public ManifestFiles? Files { get; init; }

    /// <summary>Until when the objects are locked; null where they are not.</summary>
    public ManifestRetention? Retention { get; init; }

    /// <summary>The program that wrote it, such as "DrPowerShell 0.1.0".</summary>
    public required string Tool { get; init; }

    /// <summary>The machine that wrote it.</summary>
    public required string Host { get; init; }

    public ManifestSignature? Signature { get; init; }
}

/// <summary>The cluster at the time of the backup.</summary>
public sealed record ManifestCluster(string Name)
{
    /// <summary>Hexadecimal, as etcd prints it; null where not known.</summary>
    public string? Id { get; init; }

    /// <summary>The cluster version, such as 3.5; null where not known.</summary>
    public string? Version { get; init; }

    public IReadOnlyList<ManifestMember> Members { get; init; } = [];

    public override string ToString() => Name;
}

/// <summary>A member at the time of the backup.</summary>
public sealed record ManifestMember(string Id, string Name)
{
    public string? Version { get; init; }

    public IReadOnlyList<string> PeerUrls { get; init; } = [];

    public IReadOnlyList<string> ClientUrls { get; init; } = [];

    public bool IsLearner { get; init; }

    public override string ToString() => Name.Length > 0 ? Name : Id;
}

/// <summary>The member that a snapshot came from.</summary>
public sealed record ManifestSource(string Member, string Endpoint, string? Version)
{
    public override string ToString() => Member;
}

/// <summary>A stream's size in bytes and its SHA-256, lowercase hexadecimal.</summary>
public record ManifestLayer(long Size, string Sha256);

/// <summary>The compressed stream.</summary>
public sealed record ManifestCompression(string Algorithm, int Level, long Size, string Sha256) : ManifestLayer(Size, Sha256)
{
    public override string ToString() => $"{Algorithm} {Level}";
}

/// <summary>How the stream is encrypted; its size and SHA-256 are the stored object's.</summary>
public sealed record ManifestEncryption(string Format, IReadOnlyList<string> Recipients, bool Passphrase)
{
    public override string ToString() => $"{Format} to {(Passphrase ? "a passphrase" : string.Join(", ", Recipients))}";
}

/// <summary>A stored object: its name in the repository, size and SHA-256 of the bytes that are stored.</summary>
public sealed record ManifestObject(string Name, long Size, string Sha256) : ManifestLayer(Size, Sha256)
{
    public override string ToString() => Name;
}

/// <summary>The archive of files: the object, and what is in it.</summary>
public sealed record ManifestFiles(string Name, long Size, string Sha256, IReadOnlyList<string> Paths) : ManifestLayer(Size, Sha256)
{
    public override string ToString() => Name;
}

/// <summary>The lock of the objects.</summary>
public sealed record ManifestRetention(string Mode, DateTimeOffset Until)
{
    public override string ToString() => $"{Mode} until {Until:u}";
}

/// <summary>A signature over the document without this property.</summary>
/// <param name="Algorithm">ECDSA-SHA256, over P-256, P-384 or P-521, in IEEE P1363 form.</param>
/// <param name="KeyId">The SHA-256 of the public key's SubjectPublicKeyInfo, lowercase hexadecimal.</param>
/// <param name="Value">Base64.</param>
public sealed record ManifestSignature(string Algorithm, string KeyId, string Value)
{
    /// <summary>The signer's certificate, DER in base64; null where a bare key signed.</summary>
    public string? Certificate { get; init; }

    public override string ToString() => $"{Algorithm} by {KeyId}";
}

/// <summary>Where a backup came from.</summary>
public enum BackupOrigin
{
    /// <summary>Streamed from a cluster by this tool.</summary>
    Streamed,

    /// <summary>A file that another tool made.</summary>
    Imported,
}
