using DrPowerShell.Core.Repositories;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Backups;

/// <summary>Looks at snapshot files: names, sizes, times and the small buckets, a few pages of each.</summary>
public static class SnapshotCatalog
{
    /// <summary>Describes a file.</summary>
    /// <exception cref="RecoveryException">It cannot be read, is no snapshot, or is damaged where it was looked at.</exception>
    public static EtcdSnapshot Describe(string path)
    {
        using var source = FileByteSource.Open(path);
        return Describe(source, path, new DateTimeOffset(File.GetLastWriteTimeUtc(path), TimeSpan.Zero));
    }

    /// <summary>Describes a file that is open, under the path that it has or will have.</summary>
    public static EtcdSnapshot Describe(FileByteSource source, string path, DateTimeOffset created)
    {
        var metadata = SnapshotMetadataReader.Read(BoltDatabase.Open(source));
        return new EtcdSnapshot
        {
            Name = Path.GetFileName(path),
            Path = Path.GetFullPath(path),
            Size = source.Length,
            Created = created,
            Revision = metadata.Revision,
            DigestPresent = SnapshotVerifier.HasDigest(source.Length),
            Metadata = metadata,
        };
    }

    /// <summary>Describes a stored backup from its manifest alone.</summary>
    public static EtcdSnapshot Describe(StoredBackup backup, SnapshotRepository repository)
    {
        var manifest = backup.Manifest;
        return new EtcdSnapshot
        {
            Name = manifest.Id,
            Path = $"{repository.Store.Location.ToString().TrimEnd('/')}/{manifest.Object.Name}",
            Cluster = manifest.Cluster.Name,
            Size = manifest.Plain.Size,
            StoredSize = manifest.Object.Size + (manifest.Files?.Size ?? 0),
            Created = manifest.Created,
            Revision = manifest.Revision ?? 0,
            Verified = Enum.TryParse<VerificationLevel>(manifest.Verified, out var level) ? level : VerificationLevel.None,
            DigestPresent = manifest.Digest is not null,
            Digest = manifest.Digest,
            Source = Uri.TryCreate(manifest.Source?.Endpoint, UriKind.Absolute, out var source) ? source : null,
            SourceVersion = manifest.Source?.Version,
            Repository = repository.Options.Name,
            Manifest = manifest,
            Integrity = backup.Signature,
            StoredIn = repository.Options,
        };
    }
}
