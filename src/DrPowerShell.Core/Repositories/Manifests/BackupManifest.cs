namespace DrPowerShell.Core.Repositories.Manifests;

/// <summary>What a repository says of one backup: written last, never changed. Its JSON is described by backup-manifest.schema.json.</summary>
public sealed record BackupManifest
{
    /// <summary>The version of this shape.</summary>
    public const string CurrentSchema = "drpowershell.backup/1";

    /// <summary>The version of this document's shape.</summary>
    public required string Schema { get; init; }

    /// <summary>The backup's id: cluster, UTC time and a random suffix, such as prod-20261122T140512Z-7f3a.</summary>
    public required string Id { get; init; }

    /// <summary>The cluster as it was at the time of the backup.</summary>
    public required ManifestCluster Cluster { get; init; }

    /// <summary>When the snapshot was begun (imported: when the file was last written), UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When the last byte was stored, UTC.</summary>
    public required DateTimeOffset Completed { get; init; }

    /// <summary>Streamed: taken from the cluster by this tool. Imported: a file that another tool made.</summary>
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

    /// <summary>The signature over this document; null where it is not signed.</summary>
    public ManifestSignature? Signature { get; init; }

    public override string ToString() => Id;
}

/// <summary>The cluster at the time of the backup.</summary>
/// <param name="Name">The name that the backup was made under.</param>
public sealed record ManifestCluster(string Name)
{
    /// <summary>Hexadecimal, as etcd prints it; null where not known.</summary>
    public string? Id { get; init; }

    /// <summary>The cluster version, such as 3.5; null where not known.</summary>
    public string? Version { get; init; }

    /// <summary>Its members; empty where it did not tell.</summary>
    public IReadOnlyList<ManifestMember> Members { get; init; } = [];

    public override string ToString() => Name;
}

/// <summary>A member at the time of the backup.</summary>
/// <param name="Id">Hexadecimal, as etcd prints it.</param>
/// <param name="Name">Its name; empty where it had not started yet.</param>
public sealed record ManifestMember(string Id, string Name)
{
    /// <summary>The version of its etcd; null where it did not answer.</summary>
    public string? Version { get; init; }

    /// <summary>The URLs that members reach it by.</summary>
    public IReadOnlyList<string> PeerUrls { get; init; } = [];

    /// <summary>The URLs that clients reach it by.</summary>
    public IReadOnlyList<string> ClientUrls { get; init; } = [];

    /// <summary>Whether it was a learner, which does not vote.</summary>
    public bool IsLearner { get; init; }

    public override string ToString() => Name.Length > 0 ? Name : Id;
}

/// <summary>The member that a snapshot came from.</summary>
/// <param name="Member">Its name.</param>
/// <param name="Endpoint">The client URL that it was streamed from.</param>
/// <param name="Version">The version of its etcd; null where it did not tell.</param>
public sealed record ManifestSource(string Member, string Endpoint, string? Version)
{
    public override string ToString() => Member;
}

/// <summary>A stream's size and hash.</summary>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">The SHA-256 of all its bytes, lowercase hexadecimal.</param>
public record ManifestLayer(long Size, string Sha256);

/// <summary>The compressed stream.</summary>
/// <param name="Algorithm">zstd.</param>
/// <param name="Level">The level that was asked for.</param>
/// <param name="Size">Its bytes, before encryption.</param>
/// <param name="Sha256">The SHA-256 of all its bytes, lowercase hexadecimal.</param>
public sealed record ManifestCompression(string Algorithm, int Level, long Size, string Sha256) : ManifestLayer(Size, Sha256)
{
    public override string ToString() => $"{Algorithm} {Level}";
}

/// <summary>How the stream is encrypted; its size and SHA-256 are the stored object's.</summary>
/// <param name="Format">The format's name and version, age-encryption.org/v1.</param>
/// <param name="Recipients">The recipients (age1…) whose identities open it.</param>
/// <param name="Passphrase">Whether a passphrase opens it instead.</param>
public sealed record ManifestEncryption(string Format, IReadOnlyList<string> Recipients, bool Passphrase)
{
    public override string ToString() => $"{Format} to {(Passphrase ? "a passphrase" : string.Join(", ", Recipients))}";
}

/// <summary>A stored object.</summary>
/// <param name="Name">Its name in the repository.</param>
/// <param name="Size">The bytes that are stored.</param>
/// <param name="Sha256">The SHA-256 of the bytes that are stored, lowercase hexadecimal.</param>
public sealed record ManifestObject(string Name, long Size, string Sha256) : ManifestLayer(Size, Sha256)
{
    public override string ToString() => Name;
}

/// <summary>The archive of files: the object, and what is in it.</summary>
/// <param name="Name">The object's name in the repository.</param>
/// <param name="Size">The bytes that are stored.</param>
/// <param name="Sha256">The SHA-256 of the bytes that are stored, lowercase hexadecimal.</param>
/// <param name="Paths">The files and folders in it, as they were named on the machine.</param>
public sealed record ManifestFiles(string Name, long Size, string Sha256, IReadOnlyList<string> Paths) : ManifestLayer(Size, Sha256)
{
    public override string ToString() => Name;
}

/// <summary>The lock of the objects.</summary>
/// <param name="Mode">Compliance or Governance.</param>
/// <param name="Until">Until when they can neither be changed nor removed, UTC.</param>
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
