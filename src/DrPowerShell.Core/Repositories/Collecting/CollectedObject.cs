using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Repositories.Collecting;

/// <summary>Something that a backup left behind.</summary>
/// <param name="Name">The object.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Backup">The backup it was made for; null for a lock's mark.</param>
/// <param name="Size">In bytes; 0 for an unfinished upload, whose size stores do not tell.</param>
/// <param name="Since">When it, or whatever of the same backup is newest, was last written, by the store's clock, UTC.</param>
public sealed record CollectedObject(string Name, LeftoverKind Kind, BackupId? Backup, long Size, DateTimeOffset Since)
{
    internal UnfinishedUpload? Upload { get; init; }
}

/// <summary>The kinds of leftovers.</summary>
public enum LeftoverKind
{
    /// <summary>An upload that was never completed.</summary>
    UnfinishedUpload,

    /// <summary>An object of a backup without manifest: it was not finished, or is being removed.</summary>
    Orphan,

    /// <summary>The mark of a backup or a lock that nobody renews any more.</summary>
    Mark,
}
