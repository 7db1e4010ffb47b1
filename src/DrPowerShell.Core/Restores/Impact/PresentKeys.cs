using DrPowerShell.Etcd.Mvcc;

namespace DrPowerShell.Core.Restores.Impact;

/// <summary>The present state, open for one comparison.</summary>
internal abstract class PresentKeys : IDisposable
{
    /// <summary>What this is.</summary>
    public abstract ImpactBasis Basis { get; }

    /// <summary>The cluster's name; null where nothing tells.</summary>
    public string? Cluster { get; protected init; }

    /// <summary>The main revision that the keys are read at.</summary>
    public long Revision { get; protected init; }

    /// <summary>The newest revision that clients may have seen.</summary>
    public long NewestRevision { get; protected init; }

    /// <summary>How many keys there are; null where that is known only at the end.</summary>
    public long? Count { get; protected init; }

    /// <summary>The names of the members.</summary>
    public IReadOnlyList<string> Members { get; protected init; } = [];

    /// <summary>The ids of the members, hexadecimal.</summary>
    public IReadOnlyList<string> MemberIds { get; protected init; } = [];

    /// <summary>The ids of the leases; null where they cannot be read.</summary>
    public IReadOnlySet<long>? Leases { get; protected init; }

    /// <summary>Whether this is the cluster's own word, with a quorum behind it, at this moment.</summary>
    public bool HasQuorum { get; protected init; }

    /// <summary>Whether writes may be missing that another member has, or that the WAL holds.</summary>
    public bool MayHoldMore { get; protected init; }

    /// <summary>When the member's files were last written; null for a live one.</summary>
    public DateTimeOffset? FilesWritten { get; protected init; }

    /// <summary>What the opening found.</summary>
    public List<ImpactFinding> Findings { get; } = [];

    /// <summary>Every key in byte order. Once.</summary>
    public abstract IAsyncEnumerable<EtcdKeyValue> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Throws where what was read may not belong together.</summary>
    public virtual void EnsureUnchanged()
    {
    }

    public virtual void Dispose()
    {
    }
}
