using System.Globalization;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Restores.Steps;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Wal;

namespace DrPowerShell.Core.Restores.Assessing;

/// <summary>The database of a stopped member, verified to Full.</summary>
/// <param name="Member">Whose it is.</param>
/// <param name="Revision">Its main revision.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Written">When it was last written, by this machine's clock.</param>
/// <param name="Beyond">How many entries the WAL holds beyond what the database has applied; null where the WAL cannot be read.</param>
/// <param name="ClusterId">The id of its cluster as the WAL has it, in hex; null where the WAL cannot be read.</param>
internal sealed record StoppedDatabase(AssessedMember Member, long Revision, long Size, DateTimeOffset Written, long? Beyond, string? ClusterId)
{
    /// <summary>Reads one; null, with a finding, where it is damaged.</summary>
    public static async Task<StoppedDatabase?> ReadAsync(
        IRestoreWorld world, AssessedMember member, string folder, List<RecoveryFinding> findings, TimeProvider time, CancellationToken cancellationToken)
    {
        var host = world.Host(member.Member.Host);
        var data = member.Member.DataDirectory.TrimEnd('/');
        try
        {
            // Read where it lies only when it is ours to read; a copy else.
            var (path, wal) = ($"{data}/member/snap/db", $"{data}/member/wal");
            if (!host.IsLocal || !CanRead(path))
            {
                if (!BoltDatabase.HasMeta(await host.ReadHeadAsync(path, BoltDatabase.HeadLength, cancellationToken).ConfigureAwait(false)))
                {
                    findings.Add(Damaged(member, "neither of its meta pages can be read."));
                    return null;
                }

                (path, wal) = (Path.Combine(folder, member.Member.Name, "db"), Path.Combine(folder, member.Member.Name, "wal"));
                Directory.CreateDirectory(wal);
                await host.DownloadAsync($"{data}/member/snap/db", path, null, cancellationToken).ConfigureAwait(false);
                foreach (var segment in await host.ListAsync($"{data}/member/wal", cancellationToken).ConfigureAwait(false))
                {
                    if (segment.Name.EndsWith(".wal", StringComparison.Ordinal))
                    {
                        await host.DownloadAsync(segment.Path, Path.Combine(wal, segment.Name), null, cancellationToken).ConfigureAwait(false);
                    }
                }
            }

            using var source = FileByteSource.Open(path);
            var result = await new SnapshotVerifier(time).VerifyAsync(source, VerificationLevel.Full, null, cancellationToken).ConfigureAwait(false);
            if (!result.IsValid)
            {
                findings.Add(Damaged(member, result.Findings[0].Text));
                return null;
            }

            // One that etcd has not written since it made it says nothing, and has applied nothing.
            var applied = result.Status!.Metadata.ConsistentIndex ?? 0;
            var offset = (await host.GetFactsAsync(cancellationToken).ConfigureAwait(false)).ClockOffset;
            var log = Log(wal, cancellationToken);
            var beyond = log is null ? (long?)null : log.LastIndex > applied ? (long)(log.LastIndex - applied) : 0;
            return new StoppedDatabase(member, result.Status.Revision, result.Size, member.Database!.Modified - offset, beyond, log is null ? null : ClusterSurveyor.Hex(log.ClusterId));
        }
        catch (RecoveryException e) when (e.Kind is not FailureKind.Unreachable)
        {
            findings.Add(new RecoveryFinding(RecoverySeverity.Warning, "DatabaseNotReadable", $"The database of {member.Member.Name} cannot be used: {e.Message}"));
            return null;
        }
    }

    /// <summary>What a reader must know of it.</summary>
    public RecoveryFinding Finding() => new(
        Beyond is > 0 or null ? RecoverySeverity.Warning : RecoverySeverity.Information,
        "StoppedMemberUsed",
        Beyond is { } entries
            ? string.Create(CultureInfo.InvariantCulture, $"The database of {Member.Member.Name} is used; its WAL holds {entries:N0} entries beyond it, which are not restored.")
            : $"The database of {Member.Member.Name} is used; its WAL cannot be read, so it is not known how many entries beyond it are not restored.");

    /// <summary>Whether a database of this machine is this user's to read, so that no copy is needed.</summary>
    public static bool CanRead(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static RecoveryFinding Damaged(AssessedMember member, string why) => new(RecoverySeverity.Warning, "DatabaseDamaged", $"The database of {member.Member.Name} is damaged: {why}");

    private static WalSummary? Log(string wal, CancellationToken cancellationToken)
    {
        try
        {
            return WalReader.Read(wal, cancellationToken);
        }
        catch (Exception e) when (e is RecoveryException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
