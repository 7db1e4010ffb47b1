using System.Text.Json;
using DrPowerShell.Etcd.Mvcc;

namespace DrPowerShell.Etcd.Raft;

/// <summary>The <c>.snap</c> file of a restored member: etcd 3.4 and 3.5 read their members from the v2 store in it.</summary>
/// <remarks>
/// { crc = 1, data = 2 }, data being raftpb.Snapshot { data = 1: the v2 store as JSON, metadata = 2 { conf_state = 1, index = 2, term = 3 } };
/// crc is the CRC-32C of data (etcd v3.6 server/etcdserver/api/snap/snapshotter.go). The tree holds what membership needs and nothing else:
/// 3.6 refuses to start where anything lies under "/1".
/// </remarks>
internal static class RestoredSnap
{
    public static string FileName(RaftState state) => $"{RaftState.Term:x16}-{state.Commit:x16}.snap";

    public static byte[] Encode(ClusterTopology topology)
    {
        var state = new RaftState(topology);
        var metadata = new ProtoWriter().Bytes(1, state.ConfState()).Varint(2, state.Commit).Varint(3, RaftState.Term);
        var snapshot = new ProtoWriter().Bytes(1, Store(topology)).Bytes(2, metadata.Written).ToArray();
        return new ProtoWriter().Varint(1, Crc32C.Compute(snapshot)).Bytes(2, snapshot).ToArray();
    }

    private static byte[] Store(ClusterTopology topology)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WritePropertyName("Root");
            Directory(json, "/", () =>
            {
                Child(json, "0", "/0", () =>
                    Child(json, "members", "/0/members", () =>
                    {
                        foreach (var member in topology.Members)
                        {
                            var path = $"/0/members/{member.IdText}";
                            Child(json, member.IdText, path, () =>
                            {
                                json.WritePropertyName("raftAttributes");
                                Node(json, $"{path}/raftAttributes", MemberJson.RaftAttributesOf(member));
                                json.WriteNull("Children");
                                json.WriteEndObject();
                            });
                        }
                    }));
                Child(json, "1", "/1", () => { });
            });
            json.WriteNumber("CurrentIndex", topology.Members.Count);
            json.WriteNumber("CurrentVersion", 2);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void Child(Utf8JsonWriter json, string name, string path, Action children)
    {
        json.WritePropertyName(name);
        Directory(json, path, children);
    }

    private static void Directory(Utf8JsonWriter json, string path, Action children)
    {
        Node(json, path, "");
        json.WriteStartObject("Children");
        children();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Node(Utf8JsonWriter json, string path, string value)
    {
        json.WriteStartObject();
        json.WriteString("Path", path);
        json.WriteNumber("CreatedIndex", 0);
        json.WriteNumber("ModifiedIndex", 0);
        json.WriteString("ExpireTime", "0001-01-01T00:00:00Z");
        json.WriteString("Value", value);
    }
}
