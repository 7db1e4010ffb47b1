using System.Globalization;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Sandboxes;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Raft;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;

namespace DrPowerShell.Core.Backups;

/// <summary>Verifies a snapshot up to level Boot: up to Full in this process, then in a real etcd that must answer with the hash computed here.</summary>
public sealed class SnapshotProof(TimeProvider? timeProvider = null)
{
    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    /// <summary>Verifies a file; damage ends in findings.</summary>
    /// <param name="etcdPath">The etcd program for level Boot; null to look for it on PATH.</param>
    /// <param name="progress">Is told the bytes done, out of the file's length.</param>
    /// <param name="steps">Is told each step of a boot.</param>
    public async Task<SnapshotTestResult> ProveAsync(
        string path, VerificationLevel level, string? etcdPath, IProgress<long>? progress, IProgress<string>? steps, CancellationToken cancellationToken)
    {
        using var source = FileByteSource.Open(path);
        return await ProveAsync(source, level, etcdPath, progress, steps, cancellationToken).ConfigureAwait(false);
    }

    internal async Task<SnapshotTestResult> ProveAsync(
        FileByteSource source,
        VerificationLevel level,
        string? etcdPath,
        IProgress<long>? progress,
        IProgress<string>? steps,
        CancellationToken cancellationToken,
        string? provenDigest = null)
    {
        if (level >= VerificationLevel.Boot)
        {
            // Known before a large file is read for nothing.
            await EtcdBinary.FindAsync(etcdPath, cancellationToken).ConfigureAwait(false);
        }

        var started = _time.GetTimestamp();
        var result = await new SnapshotVerifier(_time).VerifyAsync(source, level, progress, cancellationToken, provenDigest).ConfigureAwait(false);
        if (level < VerificationLevel.Boot || !result.IsValid)
        {
            return result;
        }

        try
        {
            var (version, finding) = await BootAsync(source, result, etcdPath, steps, cancellationToken).ConfigureAwait(false);
            return result with
            {
                Level = VerificationLevel.Boot,
                BootedVersion = version,
                IsValid = finding is null,
                Findings = finding is null ? result.Findings : [finding, .. result.Findings],
                Duration = _time.GetElapsedTime(started),
            };
        }
        catch (RecoveryException e) when (IsTheSnapshotsFault(e))
        {
            // A snapshot from which etcd does not start is what this level is there to find.
            return result with
            {
                Level = VerificationLevel.Boot,
                IsValid = false,
                Findings = [Finding("BootFailed", $"a real etcd did not start from it: {e.Message}"), .. result.Findings],
                Duration = _time.GetElapsedTime(started),
            };
        }
    }

    // Not what this machine lacks or what reading and writing met here: that says nothing of the snapshot.
    private static bool IsTheSnapshotsFault(RecoveryException error) =>
        error.Kind is FailureKind.InvalidState or FailureKind.Timeout or FailureKind.InvalidData or FailureKind.InvalidInput or FailureKind.Unreachable;

    private static async Task<(string Version, SnapshotFinding? Finding)> BootAsync(
        FileByteSource source, SnapshotTestResult result, string? etcdPath, IProgress<string>? steps, CancellationToken cancellationToken)
    {
        var launcher = new EtcdSandboxLauncher();
        var options = new EtcdSandboxOptions
        {
            EtcdPath = etcdPath,
            Steps = steps,
            StartTimeout = TimeSpan.FromMinutes(5),
            PrepareDataDirectories = (plan, token) => SandboxRestore.BuildAsync(source, plan, skipDigest: true, token),
        };
        var sandbox = await launcher.StartAsync(options, cancellationToken).ConfigureAwait(false);
        await using var end = sandbox.ConfigureAwait(false);
        var cluster = await ProviderLoader.Catalog.Etcd.ConnectAsync(sandbox.ConnectionOptions, cancellationToken).ConfigureAwait(false);
        await using var close = cluster.ConfigureAwait(false);
        var endpoint = sandbox.Endpoints[0];
        var expected = result.HashKvAfterBoot!.Value;
        var answer = await WaitForCompactionAsync(cluster, endpoint, result, cancellationToken).ConfigureAwait(false);
        steps?.Report(string.Create(CultureInfo.InvariantCulture, $"etcd {sandbox.Version} answers HashKV {answer.Hash:x8} at revision {answer.Revision:N0}; computed offline: {expected:x8}."));
        return (
            sandbox.Version.ToString(),
            answer.Hash == expected ? null : Finding("HashKvDiffers", $"etcd {sandbox.Version} answers HashKV {answer.Hash:x8}, {expected:x8} was computed from the file."));
    }

    // A compaction that the image had scheduled is carried out after the start; the hash is comparable once it is done, which nothing but the
    // hash itself tells: the server names the compacted revision when it begins.
    private static async Task<EtcdHashKv> WaitForCompactionAsync(IEtcdCluster cluster, Uri endpoint, SnapshotTestResult result, CancellationToken cancellationToken)
    {
        var (status, expected) = (result.Status!, result.HashKvAfterBoot);
        for (var started = TimeProvider.System.GetTimestamp(); ;)
        {
            var answer = await cluster.GetHashKvAsync(endpoint, 0, cancellationToken).ConfigureAwait(false);
            if (answer.Hash == expected)
            {
                return answer;
            }

            if (status.ScheduledCompactRevision == 0)
            {
                // A lease that ran out since the start has deleted keys: the snapshot's own revision counts.
                return answer.Revision > status.Revision && status.Revision > status.CompactedRevision
                    ? await cluster.GetHashKvAsync(endpoint, status.Revision, cancellationToken).ConfigureAwait(false)
                    : answer;
            }

            var patience = answer.CompactRevision >= status.ScheduledCompactRevision ? TimeSpan.FromSeconds(30) : TimeSpan.FromMinutes(5);
            if (TimeProvider.System.GetElapsedTime(started) > patience)
            {
                return answer;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken).ConfigureAwait(false);
        }
    }

    private static SnapshotFinding Finding(string code, string text) => new() { Severity = FindingSeverity.Error, Code = code, Text = text };
}
