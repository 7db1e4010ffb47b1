namespace DrPowerShell.Core.Repositories;

/// <summary>What Test-SnapshotRepository holds a repository to.</summary>
public sealed record RepositoryExpectations
{
    /// <summary>The newest backup of each cluster must be younger; null to ask nothing.</summary>
    public TimeSpan? Rpo { get; init; }

    /// <summary>In how many places each backup must be.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>Whether one of the places must be offsite.</summary>
    public bool Offsite { get; init; }

    /// <summary>Each backup's newest proof must be younger; null to ask nothing.</summary>
    public TimeSpan? ProofEvery { get; init; }

    /// <summary>How many stored bytes one check may read for proofs, oldest proof first; null for all.</summary>
    public long? ByteBudget { get; init; }

    /// <summary>How long one check may go on proving; null for no limit.</summary>
    public TimeSpan? TimeBudget { get; init; }
}
