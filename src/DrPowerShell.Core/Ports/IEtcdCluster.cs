using DrPowerShell.Core.Clusters;
using DrPowerShell.Etcd.Mvcc;

namespace DrPowerShell.Core.Ports;

/// <summary>
/// A connection to one cluster. Calls that name an endpoint go to that member and to no other; the rest go to any member that answers,
/// another one being tried when the first does not. Thread safe.
/// </summary>
public interface IEtcdCluster : IAsyncDisposable
{
    EtcdConnectionOptions Options { get; }

    Task<EtcdMemberList> GetMembersAsync(CancellationToken cancellationToken);

    Task<EtcdEndpointStatus> GetStatusAsync(Uri endpoint, CancellationToken cancellationToken);

    Task<IReadOnlyList<EtcdAlarm>> GetAlarmsAsync(CancellationToken cancellationToken);

    /// <summary>Adds a member that has no vote yet, and returns it with the id that it got. Not retried once it may have been applied.</summary>
    /// <param name="peerUrls">How the others will reach it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    Task<EtcdMember> AddLearnerAsync(IReadOnlyList<Uri> peerUrls, CancellationToken cancellationToken);

    /// <summary>Takes a member out of the cluster for good. Not retried once it may have been applied.</summary>
    Task RemoveMemberAsync(ulong id, CancellationToken cancellationToken);

    /// <summary>Gives a learner a vote; false while it has not caught up with the leader.</summary>
    Task<bool> TryPromoteAsync(ulong id, CancellationToken cancellationToken);

    /// <summary>Asks one member for its HashKV; revision 0 is the newest.</summary>
    Task<EtcdHashKv> GetHashKvAsync(Uri endpoint, long revision, CancellationToken cancellationToken);

    /// <summary>The certificate that an https endpoint presents, null for http.</summary>
    Task<EtcdCertificate?> GetServerCertificateAsync(Uri endpoint, CancellationToken cancellationToken);

    /// <summary>
    /// Streams a snapshot of one member: the database image and then its SHA-256, as etcd sends them, in pieces of about 32 KiB.
    /// </summary>
    /// <param name="endpoint">The member.</param>
    /// <param name="ahead">How many bytes it may send ahead of the reader: they wait in memory where that one is slower.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <remarks>A piece's memory is valid until the next one is asked for.</remarks>
    IAsyncEnumerable<EtcdSnapshotPiece> ReadSnapshotAsync(Uri endpoint, int ahead, CancellationToken cancellationToken);

    /// <summary>The same with as much sent ahead as .NET allows: the server never waits for an acknowledgement, up to 160 MB/s at a round trip of 100 ms.</summary>
    sealed IAsyncEnumerable<EtcdSnapshotPiece> ReadSnapshotAsync(Uri endpoint, CancellationToken cancellationToken) => ReadSnapshotAsync(endpoint, 16 << 20, cancellationToken);

    /// <summary>The ids of all leases, as the member that answers knows them, with or without keys.</summary>
    Task<IReadOnlyList<long>> GetLeasesAsync(CancellationToken cancellationToken);

    /// <summary>One page of keys in byte order. Linearizable unless the request says otherwise.</summary>
    Task<EtcdRangePage> RangeAsync(EtcdRangeRequest request, CancellationToken cancellationToken);

    /// <summary>Writes one key. Not retried on another member once it may have been applied.</summary>
    Task<EtcdPutResult> PutAsync(EtcdPutRequest request, CancellationToken cancellationToken);

    /// <summary>Deletes a key or a range. Not retried on another member once it may have been applied.</summary>
    Task<EtcdDeleteResult> DeleteAsync(EtcdKeyRange range, CancellationToken cancellationToken);
}

/// <summary>A piece of a snapshot stream.</summary>
/// <param name="Blob">The bytes.</param>
/// <param name="RemainingBytes">How many follow, as the server says.</param>
/// <param name="StorageVersion">The storage version; from 3.6 servers only, else null.</param>
public readonly record struct EtcdSnapshotPiece(ReadOnlyMemory<byte> Blob, long RemainingBytes, string? StorageVersion);

/// <summary>A range to read.</summary>
public sealed record EtcdRangeRequest(EtcdKeyRange Range)
{
    /// <summary>The main revision to read at; 0 is the newest.</summary>
    public long Revision { get; init; }

    /// <summary>How many keys at most; 0 is the provider's page size.</summary>
    public int Limit { get; init; }

    public bool KeysOnly { get; init; }

    /// <summary>Answer from the member's own store, without a quorum.</summary>
    public bool Serializable { get; init; }

    /// <summary>The one member to ask; null for any.</summary>
    public Uri? Endpoint { get; init; }
}

/// <summary>A page of keys.</summary>
/// <param name="Items">The keys with their values, in byte order of the keys.</param>
/// <param name="More">Whether keys of the range follow after the last item.</param>
/// <param name="Revision">The revision that the page was read at, the store's newest where none was asked for: ask for the next page at this one.</param>
public sealed record EtcdRangePage(IReadOnlyList<EtcdKeyValue> Items, bool More, long Revision)
{
    /// <summary>How many keys the whole range holds from its start on, whatever the limit was.</summary>
    public long Count { get; init; }
}

/// <summary>A key to write.</summary>
public sealed record EtcdPutRequest(byte[] Key, byte[] Value)
{
    /// <summary>The lease to attach, 0 for none.</summary>
    public long Lease { get; init; }
}

/// <summary>The revision that a write made.</summary>
public sealed record EtcdPutResult(long Revision);

/// <summary>How many keys a delete removed, and the revision it made.</summary>
public sealed record EtcdDeleteResult(long Deleted, long Revision);
