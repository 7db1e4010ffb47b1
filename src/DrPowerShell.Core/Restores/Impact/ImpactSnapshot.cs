using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Repositories;

namespace DrPowerShell.Core.Restores.Impact;

/// <summary>The snapshot that would be restored: a plain file on this machine, or what a manifest says of one.</summary>
public sealed record ImpactSnapshot
{
    /// <summary>The backup's id, or the file's full path.</summary>
    public required string Name { get; init; }

    /// <summary>The plain snapshot, or the member/snap/db of a stopped member; null where only its manifest is at hand.</summary>
    public string? Path { get; init; }

    /// <summary>The cluster's name; null where nothing tells.</summary>
    public string? Cluster { get; init; }

    /// <summary>When its stream was begun, UTC; of a bare file, when it was last written.</summary>
    public required DateTimeOffset Taken { get; init; }

    /// <summary>Whether <see cref="Taken"/> is only the time of a file, which may have been copied since.</summary>
    public bool IsTimeOfFile { get; init; }

    /// <summary>Its main revision as the manifest has it; null where only the file tells.</summary>
    public long? Revision { get; init; }

    /// <summary>How many keys it holds, as the manifest has it.</summary>
    public long? KeyCount { get; init; }

    /// <summary>Its length in bytes, plain.</summary>
    public long Size { get; init; }

    /// <summary>The bytes that a repository has to send; null for a file.</summary>
    public long? StoredSize { get; init; }

    /// <summary>The names of the members at the time of the backup, as the manifest has them.</summary>
    public IReadOnlyList<string> Members { get; init; } = [];

    /// <summary>Makes one of what Get-EtcdSnapshot or Backup-EtcdSnapshot returned.</summary>
    /// <param name="snapshot">A file, or a backup in a repository.</param>
    /// <param name="path">The plain file of a backup in a repository (<see cref="FetchedSnapshot"/>); null to go by its manifest alone.</param>
    public static ImpactSnapshot Of(EtcdSnapshot snapshot, string? path = null) => new()
    {
        Name = snapshot.Repository is null ? snapshot.Path : snapshot.Name,
        Path = path ?? (snapshot.StoredIn is null ? snapshot.Path : null),
        Cluster = snapshot.Cluster,
        Taken = snapshot.Created,
        IsTimeOfFile = snapshot is { Manifest: null, Source: null } || snapshot.Manifest?.Origin == Repositories.Manifests.BackupOrigin.Imported,
        Revision = snapshot.Revision == 0 ? null : snapshot.Revision,
        KeyCount = snapshot.Manifest?.KeyCount,
        Size = snapshot.Size,
        StoredSize = snapshot.StoredSize,
        Members = [.. snapshot.Manifest?.Cluster.Members.Select(m => m.ToString()) ?? []],
    };
}
