using System.Globalization;
using System.Text;

namespace DrPowerShell.Etcd.Raft;

/// <summary>A member as etcd writes it into its bucket and its WAL: the bytes of Go's encoding/json, so that they equal etcdutl's.</summary>
internal static class MemberJson
{
    public static byte[] Of(TopologyMember member)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{{\"id\":{member.Id},");
        AppendRaftAttributes(text, member);
        if (member.Name.Length > 0)
        {
            text.Append(",\"name\":");
            AppendString(text, member.Name);
        }

        return Encoding.UTF8.GetBytes(text.Append('}').ToString());
    }

    /// <summary>The value of <c>raftAttributes</c> in the v2 store.</summary>
    public static string RaftAttributesOf(TopologyMember member)
    {
        var text = new StringBuilder("{");
        AppendRaftAttributes(text, member);
        return text.Append('}').ToString();
    }

    private static void AppendRaftAttributes(StringBuilder text, TopologyMember member)
    {
        text.Append("\"peerURLs\":[");
        for (var i = 0; i < member.PeerUrls.Count; i++)
        {
            text.Append(i == 0 ? "" : ",");
            AppendString(text, member.PeerUrls[i]);
        }

        text.Append(member.IsLearner ? "],\"isLearner\":true" : "]");
    }

    // Go escapes what could end a script in HTML, and the two line separators of JavaScript.
    private static void AppendString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}
