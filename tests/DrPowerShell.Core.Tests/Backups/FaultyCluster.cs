using System.Runtime.CompilerServices;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Mvcc;

namespace DrPowerShell.Core.Tests.Backups;

/// <summary>A real cluster whose streams and answers are changed at the port: what no network and no healthy etcd can be brought to do.</summary>
internal sealed class FaultyCluster(IEtcdCluster real) : IEtcdCluster
{
    /// <summary>Changes a piece of the stream of an endpoint; null ends the stream there.</summary>
    public Func<Uri, int, byte[], byte[]?> Piece { get; init; } = (_, _, bytes) => bytes;

    public Func<EtcdEndpointStatus, EtcdEndpointStatus> Status { get; init; } = status => status;

    /// <summary>The endpoints that were asked for a snapshot, in order.</summary>
    public List<Uri> Asked { get; } = [];

    public EtcdConnectionOptions Options => real.Options;

    public Task<EtcdMemberList> GetMembersAsync(CancellationToken cancellationToken) => real.GetMembersAsync(cancellationToken);

    public async Task<EtcdEndpointStatus> GetStatusAsync(Uri endpoint, CancellationToken cancellationToken) =>
        Status(await real.GetStatusAsync(endpoint, cancellationToken));

    public Task<IReadOnlyList<EtcdAlarm>> GetAlarmsAsync(CancellationToken cancellationToken) => real.GetAlarmsAsync(cancellationToken);

    public Task<EtcdHashKv> GetHashKvAsync(Uri endpoint, long revision, CancellationToken cancellationToken) =>
        real.GetHashKvAsync(endpoint, revision, cancellationToken);

    public Task<EtcdCertificate?> GetServerCertificateAsync(Uri endpoint, CancellationToken cancellationToken) =>
        real.GetServerCertificateAsync(endpoint, cancellationToken);

    public async IAsyncEnumerable<EtcdSnapshotPiece> ReadSnapshotAsync(Uri endpoint, int ahead, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Asked.Add(endpoint);
        var index = 0;
        await foreach (var piece in real.ReadSnapshotAsync(endpoint, ahead, cancellationToken))
        {
            if (Piece(endpoint, index++, piece.Blob.ToArray()) is not { } blob)
            {
                yield break;
            }

            yield return piece with { Blob = blob };
        }
    }

    public Task<IReadOnlyList<long>> GetLeasesAsync(CancellationToken cancellationToken) => real.GetLeasesAsync(cancellationToken);

    public Task<EtcdRangePage> RangeAsync(EtcdRangeRequest request, CancellationToken cancellationToken) => real.RangeAsync(request, cancellationToken);

    public Task<EtcdPutResult> PutAsync(EtcdPutRequest request, CancellationToken cancellationToken) => real.PutAsync(request, cancellationToken);

    public Task<EtcdDeleteResult> DeleteAsync(EtcdKeyRange range, CancellationToken cancellationToken) => real.DeleteAsync(range, cancellationToken);

    public Task<EtcdMember> AddLearnerAsync(IReadOnlyList<Uri> peerUrls, CancellationToken cancellationToken) => real.AddLearnerAsync(peerUrls, cancellationToken);

    public Task RemoveMemberAsync(ulong id, CancellationToken cancellationToken) => real.RemoveMemberAsync(id, cancellationToken);

    public Task<bool> TryPromoteAsync(ulong id, CancellationToken cancellationToken) => real.TryPromoteAsync(id, cancellationToken);

    public ValueTask DisposeAsync() => real.DisposeAsync();
}
