using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Restores.Assessing;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>What a fault begins with, of three members, and what is asked for.</summary>
internal sealed record FaultScene
{
    /// <summary>All are down and damaged, and restored from a file.</summary>
    public static FaultScene Damaged { get; } = new() { Wiped = ["m1"], Corrupted = ["m2", "m3"], Request = file => Whole with { Snapshot = SnapshotCatalog.Describe(file) } };

    /// <summary>All serve, and are restored from an older file.</summary>
    public static FaultScene Serving { get; } = new() { Up = ["m1", "m2", "m3"], Request = file => Whole with { Snapshot = SnapshotCatalog.Describe(file), AcceptDataLoss = TimeSpan.FromHours(1) } };

    /// <summary>One is down and damaged, and replaced while the others serve.</summary>
    public static FaultScene OneLost { get; } = new() { Up = ["m1", "m3"], Corrupted = ["m2"], ServesThroughout = true, KeepsLate = true, Request = _ => Whole with { Member = "m2" } };

    /// <summary>One is down and has no data any more, and is replaced while the others serve.</summary>
    public static FaultScene OneWiped { get; } = OneLost with { Wiped = ["m2"], Corrupted = [] };

    /// <summary>All are down, and the only sound database of theirs is the source.</summary>
    public static FaultScene Stopped { get; } = new() { Wiped = ["m1"], Corrupted = ["m2"], KeepsLate = true };

    /// <summary>One is left that answers, without a quorum, and is the source.</summary>
    public static FaultScene Survivor { get; } = new() { Up = ["m2"], Wiped = ["m1", "m3"], KeepsLate = true };

    /// <summary>The members that run.</summary>
    public IReadOnlyList<string> Up { get; init; } = [];

    /// <summary>The members without data.</summary>
    public IReadOnlyList<string> Wiped { get; init; } = [];

    /// <summary>The members whose database is all zeros.</summary>
    public IReadOnlyList<string> Corrupted { get; init; } = [];

    /// <summary>Whether the cluster goes on serving while one member is replaced.</summary>
    public bool ServesThroughout { get; init; }

    /// <summary>Whether what was written after the snapshot is there in the end.</summary>
    public bool KeepsLate { get; init; }

    /// <summary>What is asked for, by the path of the snapshot.</summary>
    public Func<string, RestoreRequest> Request { get; init; } = _ => Whole;

    private static RestoreRequest Whole => new() { Cluster = "prod" };

    /// <summary>Whether the old cluster serves.</summary>
    public bool HasQuorum => Up.Count > 1;

    /// <summary>Whether a single member is left.</summary>
    public bool IsAlone => Up.Count == 1;
}
