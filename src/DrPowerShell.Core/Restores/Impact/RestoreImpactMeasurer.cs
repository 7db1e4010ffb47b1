using System.Globalization;
using System.Runtime.CompilerServices;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;

namespace DrPowerShell.Core.Restores.Impact;

/// <summary>Measures what the restore of a snapshot would destroy, bring back and cost. It reads, and changes nothing.</summary>
/// <param name="timeProvider">The clock; null for the machine's.</param>
public sealed class RestoreImpactMeasurer(TimeProvider? timeProvider = null)
{
    // Of each of the two readers of a database.
    private const long ReaderMemory = 32L << 20;
    private const int KeysPerReport = 1000;

    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    /// <summary>Measures. Memory stays bounded, whatever the sizes: two streams of keys in byte order are merged.</summary>
    /// <param name="snapshot">What would be restored.</param>
    /// <param name="present">What it would replace.</param>
    /// <param name="options">How to measure.</param>
    /// <param name="progress">Is told the keys compared.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="RecoveryException">The snapshot or the present state cannot be read.</exception>
    public async Task<RestoreImpact> MeasureAsync(
        ImpactSnapshot snapshot, PresentState present, RestoreImpactOptions options, IProgress<ImpactProgress>? progress, CancellationToken cancellationToken)
    {
        if (present is PresentState.Remembered { Newest: var newest })
        {
            return ByManifest(snapshot, newest, options);
        }

        using var keys = present switch
        {
            PresentState.Live { Cluster: var cluster } => (PresentKeys)await LivePresent.OpenAsync(cluster, cancellationToken).ConfigureAwait(false),
            PresentState.Stopped { DataDirectories: var directories } => StoppedPresent.Open(directories, ReaderMemory, cancellationToken),
            _ => throw new ArgumentOutOfRangeException(nameof(present)),
        };
        var file = snapshot.Path ?? throw new ArgumentException("Keys can only be compared with a plain snapshot file.", nameof(snapshot));
        using var source = FileByteSource.Open(file);
        using var reader = SnapshotKeyReader.Open(source, ReaderMemory);
        var count = new ImpactCount(options, _time.GetUtcNow());
        var (before, after) = (new Counter(), new Counter());
        var snapshotKeys = before.Of(KeyStream.Of(reader.Read(EtcdKeyRange.All, cancellationToken: cancellationToken)), null, cancellationToken);
        var presentKeys = after.Of(keys.ReadAsync(cancellationToken), n => progress?.Report(new(n, keys.Count)), cancellationToken);
        await foreach (var difference in KeyComparison.CompareAsync(snapshotKeys, presentKeys, cancellationToken).ConfigureAwait(false))
        {
            count.Add(difference);
        }

        source.EnsureUnchanged();
        keys.EnsureUnchanged();
        return Describe(snapshot, reader, keys, options, count, before.Count, after.Count, cancellationToken);
    }

    private RestoreImpact Describe(
        ImpactSnapshot snapshot, SnapshotKeyReader reader, PresentKeys keys, RestoreImpactOptions options, ImpactCount count, long before, long after, CancellationToken cancellationToken)
    {
        var revision = reader.Metadata.RevisionAfterBoot;
        var now = _time.GetUtcNow();
        var isSame = keys.Revision == revision && count.Keys.Total == 0 && !keys.MayHoldMore;
        var (lastWrite, evidence) = isSame ? (snapshot.Taken, LastWriteEvidence.Revision) : LastWrite(keys, options, count.NewestWrite, now);
        var leases = reader.ReadLeases(cancellationToken);
        var expiring = leases is null || keys.Leases is null ? (long?)null : leases.Count + keys.Leases.Count - (2L * leases.Count(keys.Leases.Contains));
        var members = keys.Members.Count > 0 ? keys.Members : snapshot.Members;
        var size = snapshot.Size > 0 ? snapshot : snapshot with { Size = new FileInfo(snapshot.Path!).Length };
        var findings = new List<ImpactFinding>(keys.Findings);
        findings.AddRange(FindingsOf(snapshot, reader.Metadata, revision, keys, options, count));
        return new RestoreImpact
        {
            Cluster = options.Cluster ?? keys.Cluster ?? snapshot.Cluster,
            Snapshot = snapshot.Name,
            SnapshotTime = snapshot.Taken,
            SnapshotRevision = revision,
            LiveRevision = keys.Revision,
            RecommendedBump = RevisionBump.Auto(revision, keys.NewestRevision),
            KeysLost = count.Keys.Lost,
            KeysBack = count.Keys.Back,
            KeysReverted = count.Keys.Reverted,
            KeysUnchanged = before - count.Keys.Back - count.Keys.Reverted,
            SnapshotKeys = before,
            LiveKeys = after,
            LeasesExpiring = expiring,
            LossAtMost = Span(now - snapshot.Taken),
            MeasuredLoss = Loss(snapshot, lastWrite, now),
            LastWrite = lastWrite,
            LastWriteFrom = evidence,
            Basis = keys.Basis,
            ByPrefix = count.ByPrefix(),
            ByKind = count.ByKind(),
            Objects = count.Objects,
            Members = members,
            EstimatedDuration = RestoreDuration.Estimate(size, members.Count, options.EarlierRestores),
            EarlierRestores = options.EarlierRestores.Count,
            RecoveryTimeObjective = options.RecoveryTimeObjective,
            Findings = [.. findings.OrderByDescending(f => f.Severity)],
        };
    }

    private RestoreImpact ByManifest(ImpactSnapshot snapshot, BackupManifest newest, RestoreImpactOptions options)
    {
        var now = _time.GetUtcNow();
        var live = newest.Revision ?? newest.RevisionAtLeast;
        var isAhead = newest.Created > snapshot.Taken && live > snapshot.Revision;
        var (lastWrite, evidence) = options.OutageStart is { } outage ? (outage, LastWriteEvidence.OutageStart)
            : isAhead ? (newest.Created, LastWriteEvidence.Manifest)
            : ((DateTimeOffset?)null, LastWriteEvidence.None);
        var members = snapshot.Members.Count > 0 ? snapshot.Members : [.. newest.Cluster.Members.Select(m => m.ToString())];
        return new RestoreImpact
        {
            Cluster = options.Cluster ?? snapshot.Cluster ?? newest.Cluster.Name,
            Snapshot = snapshot.Name,
            SnapshotTime = snapshot.Taken,
            SnapshotRevision = snapshot.Revision ?? 0,
            LiveRevision = live,
            // Nobody knows how far clients have seen the revision go after the newest backup.
            RecommendedBump = RevisionBump.Auto(snapshot.Revision ?? 0, newestRevision: null),
            SnapshotKeys = snapshot.KeyCount,
            LiveKeys = newest.KeyCount,
            LossAtMost = Span(now - snapshot.Taken),
            MeasuredLoss = Loss(snapshot, lastWrite, now),
            LastWrite = lastWrite,
            LastWriteFrom = evidence,
            Basis = ImpactBasis.Manifest,
            Members = members,
            EstimatedDuration = RestoreDuration.Estimate(snapshot, members.Count, options.EarlierRestores),
            EarlierRestores = options.EarlierRestores.Count,
            RecoveryTimeObjective = options.RecoveryTimeObjective,
            Findings =
            [
                new(FindingSeverity.Warning, "KeysNotCompared",
                    $"Nothing but the manifest of {newest.Id} was at hand: revisions and key counts are those of {newest.Created.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, and which keys are lost is not known."),
                .. Writers(options) is { } writers ? new[] { writers } : [],
            ],
        };
    }

    private static (DateTimeOffset? Moment, LastWriteEvidence From) LastWrite(
        PresentKeys keys, RestoreImpactOptions options, DateTimeOffset? newestObject, DateTimeOffset now)
    {
        if (options.OutageStart is { } outage)
        {
            return (outage, LastWriteEvidence.OutageStart);
        }

        return keys.HasQuorum ? (now, LastWriteEvidence.Cluster)
            : newestObject is not null ? (newestObject, LastWriteEvidence.Object)
            : keys.FilesWritten is not null ? (keys.FilesWritten, LastWriteEvidence.File)
            : (null, LastWriteEvidence.None);
    }

    private static IEnumerable<ImpactFinding> FindingsOf(
        ImpactSnapshot snapshot, SnapshotMetadata metadata, long revision, PresentKeys keys, RestoreImpactOptions options, ImpactCount count)
    {
        if (keys.MemberIds.Count > 0 && metadata.Members.Count > 0 && !metadata.Members.Any(m => keys.MemberIds.Contains(m.Id, StringComparer.Ordinal)))
        {
            yield return new(FindingSeverity.Warning, "OtherMembers",
                "None of the members in the snapshot is a member now, by id: it was taken from another cluster, or from before this one was restored.");
        }

        if (revision > keys.Revision)
        {
            yield return new(FindingSeverity.Warning, "SnapshotAhead", string.Create(CultureInfo.InvariantCulture,
                $"The snapshot is at revision {revision:N0}, beyond the {keys.Revision:N0} it is compared with: that state is behind, or of another history."));
        }

        if (snapshot.IsTimeOfFile)
        {
            yield return new(FindingSeverity.Information, "TimeOfFile",
                "When the snapshot was taken is known from its file alone, which may have been copied since: the loss may be greater.");
        }

        if (Writers(options) is { } writers)
        {
            yield return writers;
        }

        if (count.ObjectsLeftOut > 0)
        {
            yield return new(FindingSeverity.Information, "ObjectsCut", string.Create(CultureInfo.InvariantCulture,
                $"{count.ObjectsLeftOut:N0} more objects changed than are listed by name; every one is counted."));
        }

        if (count.Encrypted > 0)
        {
            yield return new(FindingSeverity.Information, "ValuesEncrypted", string.Create(CultureInfo.InvariantCulture,
                $"{count.Encrypted:N0} changed objects are encrypted at rest: their kinds are those that their keys tell."));
        }

        if (count.KeyOutside is { } outside && count.Objects.Count == 0)
        {
            yield return new(FindingSeverity.Warning, "KeyPrefixDiffers",
                $"'{outside}' holds a Kubernetes object, outside of {string.Join(" and ", options.KeyPrefixes)}: give the API server's --etcd-prefix with -KeyPrefix.");
        }

        if (snapshot.Taken > keys.FilesWritten)
        {
            yield return new(FindingSeverity.Information, "SnapshotNewer", "The snapshot is younger than what it is compared with.");
        }
    }

    private static ImpactFinding? Writers(RestoreImpactOptions options) => options is { HasNamedWriters: false, Cluster: { } cluster }
        ? new(FindingSeverity.Warning, RestoreAssessor.WritersNotNamed, RestoreAssessor.WritersNotNamedText(cluster))
        : null;

    // Clocks differ: the loss is no less than nothing, and no more than the snapshot's age.
    private static TimeSpan? Loss(ImpactSnapshot snapshot, DateTimeOffset? lastWrite, DateTimeOffset now) =>
        lastWrite is { } last ? Span((last < now ? last : now) - snapshot.Taken) : null;

    private static TimeSpan Span(TimeSpan span) => span > TimeSpan.Zero ? span : TimeSpan.Zero;

    private sealed class Counter
    {
        public long Count { get; private set; }

        public async IAsyncEnumerable<EtcdKeyValue> Of(
            IAsyncEnumerable<EtcdKeyValue> keys, Action<long>? report, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var key in keys.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                if (++Count % KeysPerReport == 0)
                {
                    report?.Invoke(Count);
                }

                yield return key;
            }
        }
    }
}
