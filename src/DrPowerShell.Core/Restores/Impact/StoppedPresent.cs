using System.Globalization;
using DrPowerShell.Core.Backups;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Wal;

namespace DrPowerShell.Core.Restores.Impact;

/// <summary>The keys of a stopped member, read from its database in place. Nothing is written, and a database that an etcd holds is refused.</summary>
internal sealed class StoppedPresent : PresentKeys
{
    private readonly FileByteSource _source;
    private readonly SnapshotKeyReader _reader;

    private StoppedPresent(FileByteSource source, SnapshotKeyReader reader)
    {
        _source = source;
        _reader = reader;
    }

    public override ImpactBasis Basis => ImpactBasis.DataDirectory;

    /// <summary>Opens the data directory that reaches furthest.</summary>
    /// <param name="dataDirectories">Those of one cluster's members.</param>
    /// <param name="memory">What the reader may hold, in bytes.</param>
    /// <exception cref="RecoveryException">One of them cannot be read.</exception>
    public static StoppedPresent Open(IReadOnlyList<string> dataDirectories, long memory, CancellationToken cancellationToken)
    {
        var members = dataDirectories.Select(directory => Look(directory, cancellationToken)).ToList();
        var best = members.MaxBy(m => m.Newest) ?? throw new ArgumentException("No data directory was given.", nameof(dataDirectories));
        var source = FileByteSource.Open(best.Database);
        SnapshotKeyReader reader;
        try
        {
            reader = SnapshotKeyReader.Open(source, memory);
        }
        catch
        {
            source.Dispose();
            throw;
        }

        var metadata = reader.Metadata;
        var voters = metadata.Members.Count(m => !m.IsLearner);
        var isMinority = members.Count <= voters / 2;
        var present = new StoppedPresent(source, reader)
        {
            Revision = metadata.RevisionAfterBoot,
            NewestRevision = best.Newest,
            Members = [.. metadata.Members.Select(m => m.ToString())],
            MemberIds = [.. metadata.Members.Select(m => m.Id)],
            Leases = reader.ReadLeases(cancellationToken),
            MayHoldMore = isMinority || best.Beyond > 0,
            FilesWritten = best.Written,
        };
        if (best.Beyond > 0)
        {
            present.Findings.Add(new(FindingSeverity.Warning, "LogBeyondDatabase", string.Create(CultureInfo.InvariantCulture,
                $"The log of '{best.Directory}' holds {best.Beyond:N0} {(best.Beyond == 1 ? "entry" : "entries")} that its database has not applied: up to as many further changes are not counted key by key.")));
        }

        if (isMinority)
        {
            present.Findings.Add(new(FindingSeverity.Information, "FewMembersRead",
                $"{members.Count} of {voters} members' data was read: what only the others have received is not counted."));
        }

        return present;
    }

    public override IAsyncEnumerable<EtcdKeyValue> ReadAsync(CancellationToken cancellationToken) =>
        KeyStream.Of(_reader.Read(EtcdKeyRange.All, cancellationToken: cancellationToken));

    public override void EnsureUnchanged() => _source.EnsureUnchanged();

    public override void Dispose()
    {
        _reader.Dispose();
        base.Dispose();
    }

    private static Member Look(string directory, CancellationToken cancellationToken)
    {
        var database = Path.Combine(directory, "member", "snap", "db");
        using var source = FileByteSource.Open(database);
        var metadata = SnapshotMetadataReader.Read(Etcd.Bolt.BoltDatabase.Open(source), cancellationToken);
        var folder = Path.Combine(directory, "member", "wal");
        var log = WalReader.Read(folder, cancellationToken);
        var applied = metadata.ConsistentIndex ?? 0;
        var beyond = log.LastIndex > applied ? (long)Math.Min(log.LastIndex - applied, int.MaxValue) : 0;
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.wal") : [];
        var written = files.Append(database).Max(File.GetLastWriteTimeUtc);
        return new(directory, database, metadata.RevisionAfterBoot + beyond, beyond, new DateTimeOffset(written, TimeSpan.Zero));
    }

    private sealed record Member(string Directory, string Database, long Newest, long Beyond, DateTimeOffset Written);
}
