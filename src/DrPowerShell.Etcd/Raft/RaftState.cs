namespace DrPowerShell.Etcd.Raft;

/// <summary>The raft state that a restored cluster begins with: every member added by an entry of its own, all of them committed.</summary>
/// <remarks>raftpb (raft v3.6 raftpb/raft.proto); walpb (etcd v3.6 server/storage/wal/walpb/record.proto).</remarks>
internal sealed class RaftState(ClusterTopology topology)
{
    /// <summary>The term of every entry.</summary>
    public const ulong Term = 1;

    private const ulong ConfChangeEntry = 1;
    private const ulong AddNode = 0, AddLearner = 3;

    /// <summary>The index of the last entry: one for each member.</summary>
    public ulong Commit => (ulong)topology.Members.Count;

    /// <summary>ConfState { voters = 1, learners = 2, auto_leave = 5 }.</summary>
    public byte[] ConfState()
    {
        var message = new ProtoWriter();
        foreach (var member in topology.Members.Where(m => !m.IsLearner))
        {
            message.Varint(1, member.Id);
        }

        foreach (var member in topology.Members.Where(m => m.IsLearner))
        {
            message.Varint(2, member.Id);
        }

        return message.Varint(5, 0).ToArray();
    }

    /// <summary>HardState { term = 1, vote = 2, commit = 3 }; the vote went to the voter of the lowest id, as etcdutl writes it.</summary>
    public byte[] HardState() =>
        new ProtoWriter().Varint(1, Term).Varint(2, topology.Members.First(m => !m.IsLearner).Id).Varint(3, Commit).ToArray();

    /// <summary>Entry { type = 1, term = 2, index = 3, data = 4: ConfChange { id = 1, type = 2, node_id = 3, context = 4 } }.</summary>
    public IEnumerable<byte[]> Entries()
    {
        for (var i = 0; i < topology.Members.Count; i++)
        {
            var member = topology.Members[i];
            var change = new ProtoWriter().Varint(1, 0).Varint(2, member.IsLearner ? AddLearner : AddNode).Varint(3, member.Id).Bytes(4, MemberJson.Of(member));
            yield return new ProtoWriter().Varint(1, ConfChangeEntry).Varint(2, Term).Varint(3, (ulong)i + 1).Bytes(4, change.Written).ToArray();
        }
    }
}
