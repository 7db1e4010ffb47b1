using System.Security.Cryptography;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Raft;
using DrPowerShell.Etcd.Wal;

namespace DrPowerShell.Etcd.Snapshots.Restore;

/// <summary>
/// Builds the data directories of a new cluster's members from one read of a snapshot, as <c>etcdutl snapshot restore</c> does for one.
/// </summary>
public sealed class SnapshotRestorer(DurableFiles? files = null, TimeProvider? timeProvider = null)
{
    private readonly DurableFiles _files = files ?? DurableFiles.System;
    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    /// <summary>Restores every target; each one appears complete, with one rename, or not at all.</summary>
    /// <param name="path">The snapshot.</param>
    /// <param name="progress">Is told the bytes read, out of the file's length.</param>
    /// <exception cref="RecoveryException">The snapshot is damaged, a target is not empty, a disk is full: each its own type.</exception>
    public async Task<IReadOnlyList<RestoredMember>> RestoreAsync(
        string path, RestoreOptions options, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using var source = FileByteSource.Open(path);
        return await RestoreAsync(source, options, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Restores from a file that is open; see the overload for a path.</summary>
    public async Task<IReadOnlyList<RestoredMember>> RestoreAsync(
        FileByteSource source, RestoreOptions options, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var path = source.Name;
        var hasDigest = SnapshotVerifier.HasDigest(source.Length);
        if (!hasDigest)
        {
            if (!options.SkipDigest)
            {
                throw new SnapshotDigestMissingException(path);
            }

            await VerifyRawAsync(source, cancellationToken).ConfigureAwait(false);
        }

        var database = BoltDatabase.Open(source);
        if (hasDigest && source.Length != database.ImageLength + SnapshotVerifier.DigestSize)
        {
            throw new SnapshotDamagedException(path, "LengthMismatch", null, "its length is not that of its pages and a digest.");
        }

        var metadata = SnapshotMetadataReader.Read(database, cancellationToken);
        RestorePreflight.Check(path, metadata, options);
        CheckTargets(options);
        var edits = RestoreEdits.Plan(database, metadata, options);

        var stages = new List<RestoreStage>();
        var target = options.Targets[0].DataDirectory;
        try
        {
            foreach (var one in options.Targets)
            {
                target = one.DataDirectory;
                stages.Add(RestoreStage.Begin(_files, one.DataDirectory, options.Ownership));
            }

            var image = new ImageCopy(_files, source, database, edits, stages, hasDigest && !options.SkipDigest, options.LinksDatabases);
            var length = await (options.Compact ? image.WriteDenseAsync(progress, cancellationToken) : image.WritePlainAsync(progress, cancellationToken))
                .ConfigureAwait(false);
            for (var i = 0; i < stages.Count; i++)
            {
                target = stages[i].DataDirectory;
                WriteRaft(stages[i], options.Topology, options.Topology[options.Targets[i].MemberName]);
            }

            cancellationToken.ThrowIfCancellationRequested();
            source.EnsureUnchanged();
            foreach (var stage in stages)
            {
                target = stage.DataDirectory;
                stage.Publish();
            }

            var duration = _time.GetElapsedTime(started);
            return [.. options.Targets.Select(t => Describe(t, options, metadata, edits, length, duration))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DiskErrors.Typed(target, database.ImageLength, e);
        }
        finally
        {
            // In reverse: a folder that the first one made for all of them is empty only then.
            foreach (var stage in Enumerable.Reverse(stages))
            {
                stage.Dispose();
            }
        }
    }

    private static void CheckTargets(RestoreOptions options)
    {
        if (options.Targets.Count == 0)
        {
            throw new RestoreTargetInvalidException("", "No member is to be restored.", "Name a member with -Name, or use '{member}' in -DataDirectory.");
        }

        foreach (var target in options.Targets)
        {
            _ = options.Topology[target.MemberName];
        }

        var twice = options.Targets.GroupBy(t => RestoreStage.Resolve(t.DataDirectory), StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
        {
            throw new RestoreTargetInvalidException(
                twice.Key,
                $"The members {string.Join(" and ", twice.Select(t => t.MemberName))} would be restored into the same directory '{twice.Key}'.",
                "Put '{member}' into -DataDirectory, e.g. -DataDirectory '/var/lib/etcd-{member}'.");
        }
    }

    private static async Task VerifyRawAsync(FileByteSource source, CancellationToken cancellationToken)
    {
        var result = await new SnapshotVerifier().VerifyAsync(source, VerificationLevel.Full, null, cancellationToken).ConfigureAwait(false);
        if (!result.IsValid)
        {
            throw new SnapshotNotValidException(source.Name, result.Findings);
        }
    }

    private static void WriteRaft(RestoreStage stage, ClusterTopology topology, TopologyMember member)
    {
        stage.WriteFile("snap", RestoredSnap.FileName(new RaftState(topology)), RestoredSnap.Encode(topology));
        stage.WriteFile("wal", RestoredWal.FileName, RestoredWal.Encode(topology, member));
    }

    private static RestoredMember Describe(
        RestoreTarget target, RestoreOptions options, SnapshotMetadata metadata, RestoreEdits edits, long length, TimeSpan duration)
    {
        var member = options.Topology[target.MemberName];
        return new RestoredMember
        {
            Name = member.Name,
            MemberId = member.IdText,
            ClusterId = options.Topology.ClusterId.ToString("x", System.Globalization.CultureInfo.InvariantCulture),
            DataDirectory = Path.GetFullPath(target.DataDirectory),
            Revision = edits.Revision,
            RevisionBump = options.RevisionBump,
            DbSize = length,
            PeerUrls = member.PeerUrls,
            IsLearner = member.IsLearner,
            Duration = duration,
        };
    }
}
