using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Repositories.Checking;

/// <summary>What a check looks at, and how much of it it reads again.</summary>
public sealed record RepositoryCheckOptions
{
    /// <summary>The cluster's name; null for every cluster.</summary>
    public string? Cluster { get; init; }

    /// <summary>What is asked of the repository. Its budgets bound what is read again.</summary>
    public RepositoryExpectations Expectations { get; init; } = new();

    /// <summary>The other repositories in which copies count.</summary>
    public IReadOnlyList<RepositoryOptions> CopiesIn { get; init; } = [];

    /// <summary>Which backups are read again, the one whose proof is oldest first.</summary>
    public Reverification Reverify { get; init; } = Reverification.Overdue;

    /// <summary>At most so many are read again; null for no limit.</summary>
    public int? Sample { get; init; }

    /// <summary>How each is tested.</summary>
    public StoredTestOptions Test { get; init; } = new() { Level = VerificationLevel.Full };

    /// <summary>Opens the other repositories.</summary>
    public Func<RepositoryOptions, CancellationToken, Task<SnapshotRepository>> Open { get; init; } = SnapshotRepository.OpenAsync;
}

/// <summary>Which backups a check reads again.</summary>
public enum Reverification
{
    /// <summary>None: names, sizes, manifests and locks alone are looked at.</summary>
    None,

    /// <summary>Those whose proof is older than the expectations allow.</summary>
    Overdue,

    /// <summary>All, as far as the budgets go.</summary>
    All,
}

/// <summary>How far a check has come.</summary>
/// <param name="Step">What it does, in words.</param>
/// <param name="Done">Stored bytes read again.</param>
/// <param name="Total">Stored bytes that are to be read again.</param>
public sealed record RepositoryCheckProgress(string Step, long Done = 0, long Total = 0);
