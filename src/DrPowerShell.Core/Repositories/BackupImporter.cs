using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;

namespace DrPowerShell.Core.Repositories;

/// <summary>Publishes a snapshot file that another tool made: verified first, with its origin told.</summary>
public sealed class BackupImporter(TimeProvider? timeProvider = null)
{
    private const int BlockSize = 1 << 20;

    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    /// <summary>Verifies a file and stores it.</summary>
    /// <param name="path">The snapshot; one without a digest (a raw member/snap/db) is verified to Full.</param>
    /// <param name="repository">Where it goes.</param>
    /// <param name="cluster">The name of the cluster that it was taken from.</param>
    /// <param name="level">How far it is verified before; the digest always is.</param>
    /// <param name="etcdPath">The etcd program for level Boot.</param>
    /// <param name="progress">Is told the bytes done.</param>
    /// <param name="steps">Is told the steps of a boot.</param>
    /// <param name="cancellationToken">Stops it; nothing is stored then.</param>
    /// <exception cref="SnapshotNotValidException">It is damaged.</exception>
    public async Task<EtcdSnapshot> RunAsync(
        string path,
        SnapshotRepository repository,
        string cluster,
        VerificationLevel level,
        string? etcdPath,
        IProgress<BackupProgress>? progress,
        IProgress<string>? steps,
        CancellationToken cancellationToken)
    {
        using var source = FileByteSource.Open(path);
        if (!SnapshotVerifier.HasDigest(source.Length) && level < VerificationLevel.Full)
        {
            level = VerificationLevel.Full;
        }

        var result = await new SnapshotProof(_time)
            .ProveAsync(source, level, etcdPath, StageProgress.Of(progress, BackupStage.Verifying, source.Length), steps, cancellationToken).ConfigureAwait(false);
        if (!result.IsValid)
        {
            throw new SnapshotNotValidException(path, result.Findings);
        }

        var metadata = SnapshotCatalog.Describe(source, path, new DateTimeOffset(File.GetLastWriteTimeUtc(path), TimeSpan.Zero));
        var writer = await BackupWriter.BeginAsync(repository, cluster, _time, cancellationToken).ConfigureAwait(false);
        await using var end = writer.ConfigureAwait(false);
        await writer.RestartAsync(knowsHash: false, mayReread: false, cancellationToken).ConfigureAwait(false);
        var buffer = new byte[BlockSize];
        for (long at = 0; at < source.Length; at += buffer.Length)
        {
            var length = (int)Math.Min(buffer.Length, source.Length - at);
            source.ReadExactly(at, buffer.AsSpan(0, length));
            await writer.WriteAsync(buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            progress?.Report(new BackupProgress(BackupStage.Streaming, at + length, source.Length));
        }

        // What was verified is what was stored: nobody wrote to the file in between.
        source.EnsureUnchanged();
        var sizes = await writer.FinishAsync().ConfigureAwait(false);
        await writer.PublishSnapshotAsync(cancellationToken).ConfigureAwait(false);
        var manifest = RepositoryBackup.Figures(
            new BackupManifest
            {
                Schema = BackupManifest.CurrentSchema,
                Id = writer.Id.ToString(),
                Cluster = Cluster(cluster, metadata.Metadata!),
                Created = metadata.Created,
                Completed = _time.GetUtcNow(),
                Origin = BackupOrigin.Imported,
                Verified = result.Level.ToString(),
                Digest = result.Digest,
                Plain = sizes.Plain,
                Compression = sizes.Compression,
                Encryption = sizes.Encryption,
                Object = sizes.Object,
                Tool = ToolName.Tool,
                Host = ToolName.Host,
            },
            result);
        var stored = await writer.PublishAsync(manifest, cancellationToken).ConfigureAwait(false);
        return SnapshotCatalog.Describe(stored, repository) with { TestResult = result };
    }

    private static ManifestCluster Cluster(string name, SnapshotMetadata metadata) => new(name)
    {
        Version = metadata.ClusterVersion,
        Members = [.. metadata.Members.Select(m => new ManifestMember(m.Id, m.Name) { PeerUrls = m.PeerUrls, ClientUrls = m.ClientUrls, IsLearner = m.IsLearner })],
    };
}
