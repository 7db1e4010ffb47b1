using System.Globalization;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Sandboxes;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;

namespace DrPowerShell.Core.Backups;

/// <summary>
/// Takes a snapshot of a live cluster into a file: from the member that is best for it, or the next one when that one dies; verified before it
/// gets its name.
/// </summary>
public sealed class SnapshotBackup(DurableFiles? files = null, TimeProvider? timeProvider = null)
{
    private readonly DurableFiles _files = files ?? DurableFiles.System;
    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    /// <summary>Takes the snapshot.</summary>
    /// <param name="decisions">Is told each decision, as a sentence.</param>
    /// <exception cref="RecoveryException">No member gave a whole snapshot, the file exists, the disk is full, or what arrived is damaged.</exception>
    public async Task<EtcdSnapshot> RunAsync(
        IEtcdCluster cluster,
        SnapshotBackupOptions options,
        IProgress<BackupProgress>? progress,
        IProgress<string>? decisions,
        CancellationToken cancellationToken)
    {
        if (options.Level >= VerificationLevel.Boot)
        {
            // Known before a large database is streamed for nothing.
            await EtcdBinary.FindAsync(options.EtcdPath, cancellationToken).ConfigureAwait(false);
        }

        var writer = SnapshotFileWriter.Begin(options.Path, _files);
        await using var end = writer.ConfigureAwait(false);
        var candidates = await MemberChoice.RankAsync(cluster, cancellationToken).ConfigureAwait(false);
        for (var i = 0; ; i++)
        {
            var candidate = candidates[i];
            decisions?.Report(i == 0
                ? $"{candidates.Count} {(candidates.Count == 1 ? "member answers" : "members answer")}; {candidate.Name} chosen: {candidate.Reason}."
                : $"Going on with {candidate.Name}: {candidate.Reason}.");
            try
            {
                var started = _time.GetUtcNow();
                var digest = await StreamAsync(cluster, candidate, writer, progress, cancellationToken).ConfigureAwait(false);
                return await VerifyAndPublishAsync(writer, digest, candidate, started, options, progress, decisions, cancellationToken).ConfigureAwait(false);
            }
            catch (RecoveryException e) when (i + 1 < candidates.Count && IsTheMembersFault(e))
            {
                decisions?.Report($"{candidate.Name} failed after {writer.Length:N0} bytes: {e.Message}");
                await writer.RestartAsync().ConfigureAwait(false);
            }
        }
    }

    // Another member may do better where this one, or the way to it, is to blame; not where the target is, or the user's credentials.
    internal static bool IsTheMembersFault(RecoveryException error) =>
        error.Kind is FailureKind.Unreachable or FailureKind.Timeout or FailureKind.InvalidData or FailureKind.InvalidState or FailureKind.ReadFailed;

    private static async Task<string> StreamAsync(
        IEtcdCluster cluster, MemberCandidate candidate, SnapshotFileWriter writer, IProgress<BackupProgress>? progress, CancellationToken cancellationToken)
    {
        await foreach (var piece in cluster.ReadSnapshotAsync(candidate.Status.Endpoint, cancellationToken).ConfigureAwait(false))
        {
            await writer.AppendAsync(piece.Blob, cancellationToken).ConfigureAwait(false);
            progress?.Report(new BackupProgress(BackupStage.Streaming, writer.Length, writer.Length + piece.RemainingBytes));
        }

        return await writer.CompleteAsync().ConfigureAwait(false);
    }

    private async Task<EtcdSnapshot> VerifyAndPublishAsync(
        SnapshotFileWriter writer,
        string digest,
        MemberCandidate candidate,
        DateTimeOffset started,
        SnapshotBackupOptions options,
        IProgress<BackupProgress>? progress,
        IProgress<string>? decisions,
        CancellationToken cancellationToken)
    {
        using var part = writer.OpenPart();
        var verifying = StageProgress.Of(progress, BackupStage.Verifying, part.Length);
        var result = await new SnapshotProof(_time)
            .ProveAsync(part, options.Level, options.EtcdPath, verifying, decisions, cancellationToken, provenDigest: digest).ConfigureAwait(false);
        result = result with { Path = writer.Path };
        if (!result.IsValid)
        {
            throw new SnapshotNotValidException(writer.Path, result.Findings);
        }

        decisions?.Report(Describe(result));
        cancellationToken.ThrowIfCancellationRequested();
        // Before the rename: from then on nothing may fail any more.
        var snapshot = SnapshotCatalog.Describe(part, writer.Path, started) with
        {
            Cluster = options.ClusterName,
            Verified = result.Level,
            Digest = digest,
            Source = candidate.Status.Endpoint,
            SourceVersion = candidate.Status.Version,
            TestResult = result,
        };
        writer.Publish();
        return snapshot;
    }

    internal static string Describe(SnapshotTestResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"digest {result.Digest?[..8]}… matches{(result.Status is { } s ? $"; {s.TotalKeyV36 ?? s.TotalKeyV35:N0} {(s.TotalKeyV36 is null ? "rows" : "keys")}, revision {s.Revision:N0}; page structure sound" : "")}.");
}
