using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Backups;

/// <summary>A snapshot: what can be said of it without reading it whole. The figures come from its verification.</summary>
public sealed record EtcdSnapshot
{
    /// <summary>The file's name, or the stored backup's id.</summary>
    public required string Name { get; init; }

    /// <summary>The file's full path, or the stored object's URI.</summary>
    public required string Path { get; init; }

    /// <summary>The name of the cluster that it was taken from; null where nothing tells.</summary>
    public string? Cluster { get; init; }

    /// <summary>The snapshot's length in bytes, plain: as a file, whatever a repository stores of it.</summary>
    public required long Size { get; init; }

    /// <summary>When it was taken (a file that is only known as such: last written), UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The main revision of its newest row; 0 for a stored backup that was streamed through without having been read.</summary>
    public long Revision { get; init; }

    /// <summary>How far it was verified when this object was made; None for a file that was only looked at.</summary>
    public VerificationLevel Verified { get; init; }

    /// <summary>Whether the file ends in a SHA-256.</summary>
    public bool DigestPresent { get; init; }

    /// <summary>The SHA-256 at its end, where it was read; lowercase hexadecimal.</summary>
    public string? Digest { get; init; }

    /// <summary>The endpoint that it was streamed from; null for a file.</summary>
    public Uri? Source { get; init; }

    /// <summary>The version of the member that it was streamed from; null for a file.</summary>
    public string? SourceVersion { get; init; }

    /// <summary>What the small buckets of the database say.</summary>
    public SnapshotMetadata? Metadata { get; init; }

    /// <summary>The repository that holds it; null for a file.</summary>
    public string? Repository { get; init; }

    /// <summary>What the repository's manifest says of it; null for a file.</summary>
    public BackupManifest? Manifest { get; init; }

    /// <summary>The bytes that are stored: compressed, encrypted; null for a file.</summary>
    public long? StoredSize { get; init; }

    /// <summary>What the manifest's signature is worth; null for a file.</summary>
    public SignatureState? Integrity { get; init; }

    /// <summary>Whether it is stored encrypted.</summary>
    public bool IsEncrypted => Manifest?.Encryption is not null;

    /// <summary>What the verification found; null where none was made.</summary>
    public SnapshotTestResult? TestResult { get; init; }

    /// <summary>How to open the repository again; null for a file. Not shown: it may hold secrets.</summary>
    internal RepositoryOptions? StoredIn { get; init; }

    public override string ToString() => Name;
}
