using System.Security.Cryptography;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Etcd.Snapshots;

/// <summary>Verifies snapshots up to level Full, in one parallel read: the digest on one core, structure and rows on another.</summary>
public sealed class SnapshotVerifier(TimeProvider? timeProvider = null)
{
    /// <summary>The size of the SHA-256 that etcd appends.</summary>
    public const int DigestSize = SHA256.HashSizeInBytes;

    private const int ReadSize = 1 << 20;
    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    /// <summary>Whether a file of this length ends in a digest, as etcd itself decides it (etcdutl/snapshot/v3_snapshot.go hasChecksum).</summary>
    public static bool HasDigest(long length) => length % 512 == DigestSize;

    /// <summary>Verifies a file. Damage ends in findings; only what keeps the file from being read is thrown.</summary>
    /// <param name="path">The snapshot, or a raw member/snap/db.</param>
    /// <param name="level">Digest, Structure or Full; Boot is verified to Full here.</param>
    /// <param name="progress">Is told the bytes done, out of the file's length.</param>
    /// <exception cref="SnapshotFileNotFoundException">There is no such file.</exception>
    /// <exception cref="SnapshotReadFailedException">The file cannot be read to its end.</exception>
    public async Task<SnapshotTestResult> VerifyAsync(
        string path, VerificationLevel level, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using var source = FileByteSource.Open(path);
        return await VerifyAsync(source, level, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Verifies any bytes; see the overload for a path.</summary>
    /// <param name="provenDigest">The digest, where it was checked as the bytes were written; they are not hashed again then.</param>
    public async Task<SnapshotTestResult> VerifyAsync(
        IByteSource source, VerificationLevel level, IProgress<long>? progress, CancellationToken cancellationToken, string? provenDigest = null)
    {
        var started = _time.GetTimestamp();
        var findings = new FindingCollector();
        level = level > VerificationLevel.Full ? VerificationLevel.Full : level;
        var hasDigest = HasDigest(source.Length);
        CheckLength(source, hasDigest, findings);

        // The slower of the two is what a user waits for; with a digest that is the hash of the bytes.
        var digestTask = hasDigest && provenDigest is not null ? Task.FromResult((provenDigest, (string?)null)) : hasDigest
            ? Task.Run(() => CheckDigest(source, findings, progress, cancellationToken), cancellationToken)
            : Task.FromResult(("", (string?)null));
        var scanTask = level >= VerificationLevel.Structure
            ? Task.Run(() => Scan(source, findings, level >= VerificationLevel.Full, hasDigest && provenDigest is null ? null : progress, cancellationToken), cancellationToken)
            : Task.FromResult<(SnapshotStatus?, (uint, uint)?)>((null, null));
        await Task.WhenAll(digestTask, scanTask).ConfigureAwait(false);
        var (status, hashKv) = await scanTask.ConfigureAwait(false);
        var (digest, whole) = await digestTask.ConfigureAwait(false);
        return new SnapshotTestResult
        {
            Path = source.Name,
            IsValid = !findings.HasErrors,
            Level = level,
            Findings = findings.ToList(),
            DigestPresent = hasDigest,
            Digest = digest.Length > 0 ? digest : null,
            FileSha256 = whole,
            Size = source.Length,
            Status = status,
            HashKv = hashKv?.Item1,
            HashKvAfterBoot = hashKv?.Item2,
            Duration = _time.GetElapsedTime(started),
        };
    }

    private static void CheckLength(IByteSource source, bool hasDigest, FindingCollector findings)
    {
        try
        {
            var database = BoltDatabase.Open(source);
            var beyond = source.Length - database.ImageLength;
            if (hasDigest && beyond != DigestSize)
            {
                findings.Error("LengthMismatch", $"the image ends at byte {database.ImageLength:N0}, and {beyond:N0} bytes follow instead of a digest of {DigestSize}.");
            }
            else if (!hasDigest && beyond is > 0 and < DigestSize)
            {
                findings.Error("DigestTruncated", $"the file ends after {beyond} of the digest's {DigestSize} bytes: it was cut off.");
            }
            else if (!hasDigest && beyond % database.Meta.PageSize != 0)
            {
                findings.Error("LengthMismatch", $"the file's {source.Length:N0} bytes are no whole number of pages of {database.Meta.PageSize:N0}.");
            }
            else if (!hasDigest)
            {
                findings.Warning("DigestMissing", "the file carries no SHA-256 (a raw member/snap/db has none): damage inside values cannot be seen.");
            }

            if (database.OtherMetaProblem is { } problem)
            {
                findings.Warning("MetaInvalid", $"{problem}; the other one is used.", new PageId(1UL - (ulong)database.Meta.Slot));
            }
        }
        catch (SnapshotDamagedException damage)
        {
            findings.Error(damage);
        }
        catch (NotAnEtcdSnapshotException e)
        {
            findings.Error("NotAnEtcdSnapshot", e.Message);
        }
    }

    // What etcd appended, and the hash of all bytes with it: the same read gives both.
    private static (string Digest, string? Whole) CheckDigest(IByteSource source, FindingCollector findings, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var length = source.Length - DigestSize;
        var buffer = new byte[(int)Math.Min(ReadSize, length)];
        for (long at = 0; at < length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var bytes = buffer.AsSpan(0, (int)Math.Min(ReadSize, length - at));
            source.ReadExactly(at, bytes);
            sha.AppendData(bytes);
            at += bytes.Length;
            progress?.Report(at);
        }

        Span<byte> stored = stackalloc byte[DigestSize];
        source.ReadExactly(length, stored);
        Span<byte> computed = stackalloc byte[DigestSize];
        sha.GetCurrentHash(computed);
        if (!stored.SequenceEqual(computed))
        {
            findings.Error("DigestMismatch", $"the bytes have SHA-256 {Hex(computed)}, the file's end says {Hex(stored)}.");
        }

        sha.AppendData(stored);
        return (Hex(stored), Hex(sha.GetHashAndReset()));
    }

    private static (SnapshotStatus? Status, (uint Now, uint AfterBoot)? HashKv) Scan(
        IByteSource source, FindingCollector findings, bool withRows, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        try
        {
            long pages = 0;
            var pageSize = 1;
            using var scan = new SnapshotScan(source, findings, withRows, progress is null ? null : ReportPages, cancellationToken);
            pageSize = scan.Database.Meta.PageSize;
            var status = scan.Run();
            return (status, status is not null && scan.HashKv is { } hash ? (hash.Now, hash.AfterBoot) : null);

            void ReportPages(long count)
            {
                pages += count;
                progress!.Report(Math.Min(source.Length, pages * pageSize));
            }
        }
        catch (Exception e) when (e is SnapshotDamagedException or NotAnEtcdSnapshotException)
        {
            // The meta pages are to blame, and that was said when the length was checked.
            return (null, null);
        }
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes).ToLowerInvariant();
}
