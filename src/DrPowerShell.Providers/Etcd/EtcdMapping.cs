using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Mvcc;
using Etcdserverpb;
using Google.Protobuf;

namespace DrPowerShell.Providers.Etcd;

/// <summary>Turns etcd's messages into Core's types and back.</summary>
internal static class EtcdMapping
{
    private const int DbSizeQuotaField = 12;

    public static EtcdMemberList ToMembers(MemberListResponse answer) => new(
        answer.Header.ClusterId,
        [.. answer.Members.Select(ToMember)]);

    public static EtcdMember ToMember(Member member) => new()
    {
        Id = member.ID,
        Name = member.Name,
        PeerUrls = Urls(member.PeerURLs),
        ClientUrls = Urls(member.ClientURLs),
        IsLearner = member.IsLearner,
    };

    public static EtcdEndpointStatus ToStatus(Uri endpoint, StatusResponse answer) => new()
    {
        Endpoint = endpoint,
        ClusterId = answer.Header.ClusterId,
        MemberId = answer.Header.MemberId,
        Version = answer.Version,
        LeaderId = answer.Leader,
        RaftTerm = answer.RaftTerm,
        RaftIndex = answer.RaftIndex,
        RaftAppliedIndex = answer.RaftAppliedIndex,
        Revision = answer.Header.Revision,
        DbSize = answer.DbSize,
        DbSizeInUse = answer.DbSizeInUse,
        DbSizeQuota = ReadUnknownInt64(answer, DbSizeQuotaField),
        IsLearner = answer.IsLearner,
        Errors = [.. answer.Errors],
    };

    public static EtcdAlarm ToAlarm(AlarmMember alarm) => new(alarm.MemberID, alarm.Alarm switch
    {
        AlarmType.Nospace => EtcdAlarmKind.NoSpace,
        AlarmType.Corrupt => EtcdAlarmKind.Corrupt,
        _ => EtcdAlarmKind.None,
    });

    public static RangeRequest ToMessage(EtcdRangeRequest request, int pageSize) => new()
    {
        Key = UnsafeByteOperations.UnsafeWrap(request.Range.Start),
        RangeEnd = UnsafeByteOperations.UnsafeWrap(request.Range.End ?? []),
        Revision = request.Revision,
        Limit = request.Limit > 0 ? request.Limit : pageSize,
        KeysOnly = request.KeysOnly,
        Serializable = request.Serializable,
    };

    public static EtcdRangePage ToPage(RangeResponse answer, long revision) => new(
        [.. answer.Kvs.Select(kv => new EtcdKeyValue
        {
            KeyBytes = kv.Key.ToByteArray(),
            ValueBytes = kv.Value.ToByteArray(),
            CreateRevision = kv.CreateRevision,
            ModRevision = kv.ModRevision,
            Version = kv.Version,
            Lease = kv.Lease,
        })],
        answer.More,
        revision > 0 ? revision : answer.Header.Revision) { Count = answer.Count };

    /// <summary>Reads a varint field that the generated message does not know yet: 3.6 tells its quota, the client's proto is of 3.5.</summary>
    public static long? ReadUnknownInt64(IMessage message, int field)
    {
        var input = new CodedInputStream(message.ToByteArray());
        while (input.ReadTag() is var tag and > 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.Varint)
            {
                return input.ReadInt64();
            }

            input.SkipLastField();
        }

        return null;
    }

    // A member may announce what is no URL at all; it is left out, not allowed to break the list.
    private static Uri[] Urls(IEnumerable<string> texts) =>
        [.. texts.Select(t => Uri.TryCreate(t, UriKind.Absolute, out var url) ? url : null).OfType<Uri>()];
}
