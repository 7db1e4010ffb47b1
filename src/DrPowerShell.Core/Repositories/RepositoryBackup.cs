using System.Globalization;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Core.Repositories.Streams;
using DrPowerShell.Core.Sandboxes;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;

namespace DrPowerShell.Core.Repositories;

/// <summary>
/// Takes a snapshot of a live cluster straight into a repository, in one pass: digest, zstd, age, store. Where there is room it is spooled
/// beside, and verified before its object appears; without, it is stored with what the stream itself proves.
/// </summary>
public sealed class RepositoryBackup(TimeProvider? timeProvider = null)
{
    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    /// <summary>Takes the backup.</summary>
    /// <param name="decisions">Is told each decision, as a sentence.</param>
    /// <exception cref="RecoveryException">No member gave a whole snapshot, the store failed or is full, or what arrived is damaged. Nothing is left then but a mark that expires.</exception>
    public async Task<EtcdSnapshot> RunAsync(
        IEtcdCluster cluster,
        SnapshotRepository repository,
        RepositoryBackupOptions options,
        IProgress<BackupProgress>? progress,
        IProgress<string>? decisions,
        CancellationToken cancellationToken)
    {
        await CheckAsync(repository, options, cancellationToken).ConfigureAwait(false);
        var candidates = await MemberChoice.RankAsync(cluster, cancellationToken).ConfigureAwait(false);
        using var spool = Spool(options, candidates, decisions);
        var writer = await BackupWriter.BeginAsync(repository, options.ClusterName, _time, cancellationToken).ConfigureAwait(false);
        await using var end = writer.ConfigureAwait(false);
        for (var i = 0; ; i++)
        {
            var candidate = candidates[i];
            decisions?.Report(i == 0
                ? $"{candidates.Count} {(candidates.Count == 1 ? "member answers" : "members answer")}; {candidate.Name} chosen: {candidate.Reason}."
                : $"Going on with {candidate.Name}: {candidate.Reason}.");
            var streaming = new Attempt(cluster, writer, candidate, progress);
            try
            {
                return await StreamAsync(streaming, repository, options, spool, decisions, cancellationToken).ConfigureAwait(false);
            }
            catch (RecoveryException e) when (i + 1 < candidates.Count && streaming.MayTryAnother(e))
            {
                decisions?.Report($"{candidate.Name} failed after {writer.Length:N0} bytes: {e.Message}");
            }
        }
    }

    private static async Task CheckAsync(SnapshotRepository repository, RepositoryBackupOptions options, CancellationToken cancellationToken)
    {
        // Known before a large database is streamed for nothing.
        if (options.Level >= VerificationLevel.Boot)
        {
            await EtcdBinary.FindAsync(options.EtcdPath, cancellationToken).ConfigureAwait(false);
        }

        if (options.NoSpool && options.IsLevelRequired && options.Level >= VerificationLevel.Boot)
        {
            throw new SpoolNeededException(options.Level.ToString());
        }

        FilesArchive.Check(options.IncludeFiles);
        if (options.IncludeFiles.Count > 0 && repository.Options.Encryption.IsNone && !options.AllowPlainFiles)
        {
            throw new FilesNeedEncryptionException(repository.Options.Name);
        }
    }

    private static SnapshotSpool? Spool(RepositoryBackupOptions options, IReadOnlyList<MemberCandidate> candidates, IProgress<string>? decisions)
    {
        var size = candidates.Max(c => c.Status.DbSize);
        if (options.NoSpool || options.Level <= VerificationLevel.Digest)
        {
            return null;
        }

        if (options.SpoolDirectory is not null || (options.IsLevelRequired && options.Level >= VerificationLevel.Boot) || SnapshotSpool.HasRoom(null, size))
        {
            return SnapshotSpool.Create(options.SpoolDirectory, size);
        }

        var instead = options.IsLevelRequired ? "read back from the store" : "proved to level Digest";
        decisions?.Report(string.Create(CultureInfo.InvariantCulture, $"No room to spool {size:N0} bytes: the snapshot is streamed through, and {instead}."));
        return null;
    }

    private async Task<EtcdSnapshot> StreamAsync(
        Attempt attempt, SnapshotRepository repository, RepositoryBackupOptions options, SnapshotSpool? spool, IProgress<string>? decisions, CancellationToken cancellationToken)
    {
        var started = _time.GetUtcNow();
        var writer = attempt.Writer;
        var readsBack = spool is null && options.IsLevelRequired && options.Level > VerificationLevel.Digest;
        await writer.RestartAsync(knowsHash: true, readsBack, cancellationToken).ConfigureAwait(false);
        // A part that a broken stream left goes when this attempt's file is begun.
        var file = spool is null ? null : SnapshotFileWriter.Begin(spool[$"{writer.Id}-{attempt.Candidate.Status.MemberId:x}.db"], isRaw: true);
        await using var endFile = (file as IAsyncDisposable ?? NoFile.Instance).ConfigureAwait(false);
        var (digest, plainSha256) = await attempt.StreamAsync(file, cancellationToken).ConfigureAwait(false);
        // Before the verification, so that its memory does not add to that of an upload.
        var sizes = await writer.FinishAsync(plainSha256).ConfigureAwait(false);
        var result = file is null ? null : await VerifyAsync(attempt, file, digest, options, decisions, cancellationToken).ConfigureAwait(false);
        attempt.IsStored = true;
        await writer.PublishSnapshotAsync(cancellationToken).ConfigureAwait(false);
        var files = options.IncludeFiles.Count == 0 ? null : await writer.StoreFilesAsync(options.IncludeFiles, cancellationToken).ConfigureAwait(false);
        var manifest = await ManifestAsync(attempt, options, started, digest, result, sizes, cancellationToken).ConfigureAwait(false);
        if (readsBack)
        {
            result = await ReadBackAsync(attempt, sizes.Object.Size, options, decisions, cancellationToken).ConfigureAwait(false);
            manifest = Figures(manifest, result);
        }

        var stored = await writer.PublishAsync(manifest with { Files = files }, cancellationToken).ConfigureAwait(false);
        decisions?.Report($"{stored.Id}: {sizes.Object.Size:N0} bytes stored in {repository.Store.Location}.");
        return SnapshotCatalog.Describe(stored, repository) with { TestResult = result };
    }

    private async Task<SnapshotTestResult> VerifyAsync(
        Attempt attempt, SnapshotFileWriter file, string digest, RepositoryBackupOptions options, IProgress<string>? decisions, CancellationToken cancellationToken)
    {
        using var part = file.OpenPart();
        var result = await new SnapshotProof(_time).ProveAsync(part, options.Level, options.EtcdPath, attempt.Verifying(part.Length), decisions, cancellationToken, digest).ConfigureAwait(false);
        result = result with { Path = attempt.Writer.Id.ToString() };
        if (!result.IsValid)
        {
            throw new SnapshotNotValidException(result.Path, result.Findings);
        }

        decisions?.Report(SnapshotBackup.Describe(result));
        return result;
    }

    // Where nothing was spooled but a level was asked for: what the store holds is read again, in place.
    private async Task<SnapshotTestResult> ReadBackAsync(Attempt attempt, long size, RepositoryBackupOptions options, IProgress<string>? decisions, CancellationToken cancellationToken)
    {
        decisions?.Report($"Reading the stored object back for level {options.Level}.");
        using var source = attempt.Writer.Reread(size, cancellationToken);
        var result = await new SnapshotVerifier(_time).VerifyAsync(source, options.Level, attempt.Verifying(source.Length), cancellationToken).ConfigureAwait(false);
        result = result with { Path = attempt.Writer.Id.ToString() };
        decisions?.Report(SnapshotBackup.Describe(result));
        return result.IsValid ? result : throw new SnapshotNotValidException(result.Path, result.Findings);
    }

    private async Task<BackupManifest> ManifestAsync(
        Attempt attempt, RepositoryBackupOptions options, DateTimeOffset started, string digest, SnapshotTestResult? result, WrappedSizes sizes, CancellationToken cancellationToken)
    {
        var (candidate, endpoint) = (attempt.Candidate, attempt.Candidate.Status.Endpoint);
        var manifest = new BackupManifest
        {
            Schema = BackupManifest.CurrentSchema,
            Id = attempt.Writer.Id.ToString(),
            Cluster = await ClusterAsync(attempt, options.ClusterName, cancellationToken).ConfigureAwait(false),
            Created = started,
            Completed = _time.GetUtcNow(),
            Origin = BackupOrigin.Streamed,
            Source = new ManifestSource(candidate.Name, endpoint.GetLeftPart(UriPartial.Authority), candidate.Status.Version),
            RevisionAtLeast = candidate.Status.Revision,
            Verified = nameof(VerificationLevel.Digest),
            Digest = digest,
            Plain = sizes.Plain,
            Compression = sizes.Compression,
            Encryption = sizes.Encryption,
            Object = sizes.Object,
            Tool = ToolName.Tool,
            Host = ToolName.Host,
        };
        return result is null ? manifest : Figures(manifest, result);
    }

    internal static BackupManifest Figures(BackupManifest manifest, SnapshotTestResult result) => manifest with
    {
        Revision = result.Status?.Revision,
        Hash = result.Status?.HashText,
        HashKv = result.HashKv,
        TotalKeyV35 = result.Status?.TotalKeyV35,
        KeyCount = result.Status?.TotalKeyV36,
        Verified = result.Level.ToString(),
    };

    private static async Task<ManifestCluster> ClusterAsync(Attempt attempt, string name, CancellationToken cancellationToken)
    {
        try
        {
            var info = await ClusterSurveyor.SurveyAsync(attempt.Cluster, cancellationToken).ConfigureAwait(false);
            return new ManifestCluster(name)
            {
                Id = info.ClusterId,
                Version = info.Version,
                Members = [.. info.Members.Select(m => new ManifestMember(m.Id, m.Name)
                {
                    Version = m.Version,
                    PeerUrls = [.. m.PeerUrls.Select(Text)],
                    ClientUrls = [.. m.ClientUrls.Select(Text)],
                    IsLearner = m.IsLearner,
                })],
            };
        }
        catch (RecoveryException)
        {
            // A cluster without quorum still gives a snapshot; its members are in that.
            return new ManifestCluster(name) { Id = ClusterSurveyor.Hex(attempt.Candidate.Status.ClusterId), Version = attempt.Candidate.Status.Version };
        }

        static string Text(Uri url) => url.GetLeftPart(UriPartial.Authority);
    }

    private sealed class NoFile : IAsyncDisposable
    {
        public static NoFile Instance { get; } = new();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>One member's stream.</summary>
    private sealed class Attempt(IEtcdCluster cluster, BackupWriter writer, MemberCandidate candidate, IProgress<BackupProgress>? progress)
    {
        // A store is slower than a cluster nearly always: what is sent ahead of it would only fill memory. 20 MB/s at a round trip of 100 ms.
        private const int Ahead = 2 << 20;

        private bool _isSourceBroken;

        public IEtcdCluster Cluster { get; } = cluster;

        public BackupWriter Writer { get; } = writer;

        public MemberCandidate Candidate { get; } = candidate;

        /// <summary>Whether the store has all of it: what fails from then on is not the member's fault.</summary>
        public bool IsStored { get; set; }

        public bool MayTryAnother(RecoveryException error) => !IsStored && (_isSourceBroken || error is SnapshotNotValidException);

        /// <summary>Streams into the repository, and into a file beside where one is given; checks the digest.</summary>
        /// <returns>etcd's digest, and the SHA-256 of all plain bytes: one computation gives both.</returns>
        public async Task<(string Digest, string Sha256)> StreamAsync(SnapshotFileWriter? file, CancellationToken cancellationToken)
        {
            using var digest = new SnapshotStreamDigest();
            var pieces = Cluster.ReadSnapshotAsync(Candidate.Status.Endpoint, Ahead, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using var end = pieces.ConfigureAwait(false);
            while (await NextAsync(pieces).ConfigureAwait(false))
            {
                var piece = pieces.Current;
                if (file is not null)
                {
                    await file.AppendAsync(piece.Blob, cancellationToken).ConfigureAwait(false);
                }

                digest.Append(piece.Blob.Span);
                await Writer.WriteAsync(piece.Blob, cancellationToken).ConfigureAwait(false);
                progress?.Report(new BackupProgress(BackupStage.Streaming, Writer.Length, Writer.Length + piece.RemainingBytes));
            }

            try
            {
                var text = digest.Complete(Writer.Id.ToString());
                if (file is not null)
                {
                    await file.CompleteRawAsync().ConfigureAwait(false);
                }

                return (text, digest.WholeSha256());
            }
            catch (SnapshotStreamDamagedException)
            {
                _isSourceBroken = true;
                throw;
            }
        }

        public StageProgress? Verifying(long total) => StageProgress.Of(progress, BackupStage.Verifying, total);

        // Only what the member's own stream throws lets another member be asked: a full store is as full for that one.
        private async ValueTask<bool> NextAsync(IAsyncEnumerator<EtcdSnapshotPiece> pieces)
        {
            try
            {
                return await pieces.MoveNextAsync().ConfigureAwait(false);
            }
            catch (RecoveryException e) when (SnapshotBackup.IsTheMembersFault(e))
            {
                _isSourceBroken = true;
                throw;
            }
        }
    }
}
