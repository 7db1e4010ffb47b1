using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Mvcc;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;

namespace DrPowerShell.Providers.Etcd;

/// <summary>One cluster behind <see cref="IEtcdCluster"/>.</summary>
internal sealed class EtcdCluster(EtcdConnectionOptions options, EtcdCaller caller) : IEtcdCluster
{
    private const int PageSize = 1000;

    public EtcdConnectionOptions Options => options;

    public async Task<EtcdMemberList> GetMembersAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ListMembersAsync(EtcdAct.ListMembers, linearizable: true, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is EtcdNoLeaderException or EtcdRequestTimedOutException)
        {
            // Without a quorum a member still knows the list it saw last: just then it is needed. (A 3.4 server always answers that way.)
            return await ListMembersAsync(EtcdAct.ListMembersLocally, linearizable: false, cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task<EtcdEndpointStatus> GetStatusAsync(Uri endpoint, CancellationToken cancellationToken)
    {
        var answer = await caller.CallAsync(
            endpoint, EtcdAct.ReadStatus, (i, o) => new Maintenance.MaintenanceClient(i).StatusAsync(new StatusRequest(), o), cancellationToken)
            .ConfigureAwait(false);
        return EtcdMapping.ToStatus(endpoint, answer);
    }

    public async Task<IReadOnlyList<EtcdAlarm>> GetAlarmsAsync(CancellationToken cancellationToken)
    {
        var request = new AlarmRequest { Action = AlarmRequest.Types.AlarmAction.Get };
        var answer = await caller.CallAnyAsync(
            EtcdAct.ListAlarms, (i, o) => new Maintenance.MaintenanceClient(i).AlarmAsync(request, o), cancellationToken)
            .ConfigureAwait(false);
        return [.. answer.Alarms.Select(EtcdMapping.ToAlarm)];
    }

    public async Task<EtcdMember> AddLearnerAsync(IReadOnlyList<Uri> peerUrls, CancellationToken cancellationToken)
    {
        var request = new MemberAddRequest { IsLearner = true, PeerURLs = { peerUrls.Select(url => url.ToString().TrimEnd('/')) } };
        var answer = await caller.CallAnyAsync(EtcdAct.AddMember, (i, o) => new Cluster.ClusterClient(i).MemberAddAsync(request, o), cancellationToken).ConfigureAwait(false);
        return EtcdMapping.ToMember(answer.Member);
    }

    public async Task RemoveMemberAsync(ulong id, CancellationToken cancellationToken) => await caller.CallAnyAsync(
        EtcdAct.RemoveMember, (i, o) => new Cluster.ClusterClient(i).MemberRemoveAsync(new MemberRemoveRequest { ID = id }, o), cancellationToken).ConfigureAwait(false);

    public async Task<bool> TryPromoteAsync(ulong id, CancellationToken cancellationToken)
    {
        try
        {
            await caller.CallAnyAsync(
                EtcdAct.PromoteMember, (i, o) => new Cluster.ClusterClient(i).MemberPromoteAsync(new MemberPromoteRequest { ID = id }, o), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (EtcdCallFailedException e) when (e.Detail.Contains("in sync with leader", StringComparison.Ordinal))
        {
            return false; // ErrLearnerNotReady (api/v3rpc/rpctypes/error.go)
        }
    }

    public async Task<EtcdHashKv> GetHashKvAsync(Uri endpoint, long revision, CancellationToken cancellationToken)
    {
        // The member reads its whole key space for this: it gets the time that a silent stream would get.
        var act = EtcdAct.HashKv with { Revision = revision, Timeout = Max(options.RequestTimeout, options.StreamIdleTimeout) };
        var request = new HashKVRequest { Revision = revision };
        var answer = await caller.CallAsync(
            endpoint, act, (i, o) => new Maintenance.MaintenanceClient(i).HashKVAsync(request, o), cancellationToken).ConfigureAwait(false);
        return new EtcdHashKv(endpoint, answer.Hash, answer.CompactRevision, revision > 0 ? revision : answer.Header.Revision);
    }

    public async Task<EtcdCertificate?> GetServerCertificateAsync(Uri endpoint, CancellationToken cancellationToken) =>
        await caller.At(endpoint).Dialer.ReadServerCertificateAsync(cancellationToken).ConfigureAwait(false);

    public IAsyncEnumerable<EtcdSnapshotPiece> ReadSnapshotAsync(Uri endpoint, int ahead, CancellationToken cancellationToken) =>
        new SnapshotStream(caller, endpoint, options, ahead).ReadAsync(cancellationToken);

    public async Task<IReadOnlyList<long>> GetLeasesAsync(CancellationToken cancellationToken)
    {
        var answer = await caller.CallAnyAsync(
            EtcdAct.ListLeases, (i, o) => new Lease.LeaseClient(i).LeaseLeasesAsync(new LeaseLeasesRequest(), o), cancellationToken).ConfigureAwait(false);
        return [.. answer.Leases.Select(lease => lease.ID)];
    }

    public async Task<EtcdRangePage> RangeAsync(EtcdRangeRequest request, CancellationToken cancellationToken)
    {
        var act = (request.Serializable ? EtcdAct.ReadKeysLocally : EtcdAct.ReadKeys) with { Revision = request.Revision };
        var message = EtcdMapping.ToMessage(request, PageSize);
        Func<CallInvoker, CallOptions, AsyncUnaryCall<RangeResponse>> call = (i, o) => new KV.KVClient(i).RangeAsync(message, o);
        var answer = request.Endpoint is { } one
            ? await caller.CallAsync(one, act, call, cancellationToken).ConfigureAwait(false)
            : await caller.CallAnyAsync(act, call, cancellationToken).ConfigureAwait(false);
        return EtcdMapping.ToPage(answer, request.Revision);
    }

    public async Task<EtcdPutResult> PutAsync(EtcdPutRequest request, CancellationToken cancellationToken)
    {
        var message = new PutRequest
        {
            Key = UnsafeByteOperations.UnsafeWrap(request.Key),
            Value = UnsafeByteOperations.UnsafeWrap(request.Value),
            Lease = request.Lease,
        };
        var answer = await caller.CallAnyAsync(
            EtcdAct.WriteKey with { Lease = request.Lease }, (i, o) => new KV.KVClient(i).PutAsync(message, o), cancellationToken)
            .ConfigureAwait(false);
        return new EtcdPutResult(answer.Header.Revision);
    }

    public async Task<EtcdDeleteResult> DeleteAsync(EtcdKeyRange range, CancellationToken cancellationToken)
    {
        var message = new DeleteRangeRequest
        {
            Key = UnsafeByteOperations.UnsafeWrap(range.Start),
            RangeEnd = UnsafeByteOperations.UnsafeWrap(range.End ?? []),
        };
        var answer = await caller.CallAnyAsync(
            EtcdAct.DeleteKeys, (i, o) => new KV.KVClient(i).DeleteRangeAsync(message, o), cancellationToken).ConfigureAwait(false);
        return new EtcdDeleteResult(answer.Deleted, answer.Header.Revision);
    }

    public ValueTask DisposeAsync()
    {
        caller.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<EtcdMemberList> ListMembersAsync(EtcdAct act, bool linearizable, CancellationToken cancellationToken)
    {
        var request = new MemberListRequest { Linearizable = linearizable };
        var answer = await caller.CallAnyAsync(
            act, (i, o) => new Cluster.ClusterClient(i).MemberListAsync(request, o), cancellationToken, waitForLeader: false)
            .ConfigureAwait(false);
        return EtcdMapping.ToMembers(answer);
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
