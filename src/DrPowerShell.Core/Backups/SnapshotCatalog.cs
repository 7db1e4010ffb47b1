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
        var metadata = SnapshotMetadataReader.Read(BoltDatabase.Open(source));
        var file = new FileInfo(path);
        return new EtcdSnapshot
        {
            Name = file.Name,
            Path = file.FullName,
            Size = source.Length,
            Created = new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero),
            Revision = metadata.Revision,
            DigestPresent = SnapshotVerifier.HasDigest(source.Length),
            Metadata = metadata,
        };
    }
}
