using DrPowerShell.Etcd.Raft;

namespace DrPowerShell.Etcd.Wal;

/// <summary>The WAL of a restored member, byte for byte what <c>etcdutl snapshot restore</c> writes (etcdutl/snapshot/v3_snapshot.go saveWALAndSnap).</summary>
internal static class RestoredWal
{
    /// <summary>The first segment's name: sequence number and first index, both 0.</summary>
    public const string FileName = "0000000000000000-0000000000000000.wal";

    /// <summary>Encodes it; etcdutl preallocates 64 MB behind these bytes, which the format does not need: zero and the end both end the log.</summary>
    public static byte[] Encode(ClusterTopology topology, TopologyMember member)
    {
        var state = new RaftState(topology);
        var wal = new WalEncoder();
        wal.AddCrc();
        wal.Add(WalRecordType.Metadata, new ProtoWriter().Varint(1, member.Id).Varint(2, topology.ClusterId).Written);
        wal.Add(WalRecordType.Snapshot, new ProtoWriter().Varint(1, 0).Varint(2, 0).Written);
        foreach (var entry in state.Entries())
        {
            wal.Add(WalRecordType.Entry, entry);
        }

        wal.Add(WalRecordType.State, state.HardState());
        wal.Add(WalRecordType.Snapshot, new ProtoWriter().Varint(1, state.Commit).Varint(2, RaftState.Term).Bytes(3, state.ConfState()).Written);
        return wal.Written.ToArray();
    }
}
