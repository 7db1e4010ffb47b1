using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Mvcc;

namespace DrPowerShell.Etcd.Snapshots;

/// <summary>What a scan may hold in memory; with less of it the same is found, in more passes.</summary>
internal sealed record ScanLimits
{
    /// <summary>The bytes of pages that are kept.</summary>
    public int CacheCapacity { get; init; } = PageCache.DefaultCapacity;

    /// <summary>The slots of the index of user keys, three quarters of which are used: a power of two from 1,024.</summary>
    public int KeySlots { get; init; } = KeyIndex.DefaultMaxSlots;

    /// <summary>The rows at or below the compacted revision whose checksums are kept.</summary>
    public int RowDigests { get; init; } = Mvcc.RowDigests.DefaultLimit;
}
