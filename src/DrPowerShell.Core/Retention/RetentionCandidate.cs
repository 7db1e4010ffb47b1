using DrPowerShell.Core.Repositories;

namespace DrPowerShell.Core.Retention;

/// <summary>A backup as retention sees it.</summary>
/// <param name="Id">Its id, with its cluster and time.</param>
public sealed record RetentionCandidate(BackupId Id)
{
    /// <summary>When its snapshot was taken: that of the id, but for a file that was imported later.</summary>
    public DateTimeOffset Time { get; init; } = Id.Time;

    /// <summary>Verified to level Full or higher, and no later proof said otherwise.</summary>
    public bool IsVerified { get; init; }

    /// <summary>Until when the store does not remove it; null where it is not locked.</summary>
    public DateTimeOffset? LockedUntil { get; init; }

    /// <summary>The size of the plain snapshot.</summary>
    public long Bytes { get; init; }

    /// <summary>Live keys; null where they were not counted.</summary>
    public long? Keys { get; init; }

    /// <summary>Why it cannot stand for its hour or day: damaged, not readable, not trusted. It stays for those who look into it. Null where it can.</summary>
    public string? Unusable { get; init; }
}
