using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Etcd.Raft;

/// <summary>The members that a restore makes, with the ids that etcd derives from their peer URLs and the cluster's token.</summary>
/// <remarks>
/// Member id: first 8 bytes, big-endian, of SHA-1(sorted peer URLs ‖ token); cluster id: the same of SHA-1(ids ascending, 8 bytes each)
/// (etcd v3.6 server/etcdserver/api/membership/member.go, cluster.go).
/// </remarks>
public sealed class ClusterTopology
{
    /// <summary>etcd's own default for <c>--initial-cluster-token</c>.</summary>
    public const string DefaultToken = "etcd-cluster";

    private readonly string _initialCluster;

    private ClusterTopology(string initialCluster, string token, IReadOnlyList<TopologyMember> members)
    {
        _initialCluster = initialCluster;
        Token = token;
        Members = members;
        Span<byte> ids = new byte[members.Count * sizeof(ulong)];
        for (var i = 0; i < members.Count; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(ids[(i * sizeof(ulong))..], members[i].Id);
        }

        ClusterId = FirstEightBytes(SHA1.HashData(ids));
    }

    /// <summary>The cluster's token.</summary>
    public string Token { get; }

    /// <summary>The members, by ascending id.</summary>
    public IReadOnlyList<TopologyMember> Members { get; }

    public ulong ClusterId { get; }

    /// <summary>Reads what <c>--initial-cluster</c> takes: <c>m1=https://h1:2380,m2=https://h2:2380</c>; a name may occur with several URLs.</summary>
    /// <param name="initialCluster">Names and peer URLs.</param>
    /// <param name="token">The cluster's token.</param>
    /// <param name="learners">The names of members without a vote; not all may be.</param>
    /// <exception cref="InitialClusterInvalidException">It cannot be read, or is contradictory.</exception>
    public static ClusterTopology Parse(string initialCluster, string token = DefaultToken, IReadOnlyCollection<string>? learners = null)
    {
        var urls = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var part in initialCluster.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var separator = part.IndexOf('=', StringComparison.Ordinal);
            if (separator <= 0)
            {
                throw new InitialClusterInvalidException(initialCluster, $"'{part}' is not NAME=URL");
            }

            var name = part[..separator];
            if (!urls.TryGetValue(name, out var list))
            {
                urls.Add(name, list = []);
            }

            list.Add(PeerUrl(part[(separator + 1)..], initialCluster));
        }

        if (urls.Count == 0)
        {
            throw new InitialClusterInvalidException(initialCluster, "it names no member");
        }

        if (urls.Values.SelectMany(u => u).GroupBy(u => u, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new InitialClusterInvalidException(initialCluster, $"the URL {twice.Key} occurs twice");
        }

        if (learners?.FirstOrDefault(l => !urls.ContainsKey(l)) is { } unknown)
        {
            throw new InitialClusterInvalidException(initialCluster, $"the learner '{unknown}' is not among its members");
        }

        if (learners is not null && urls.Keys.All(learners.Contains))
        {
            throw new InitialClusterInvalidException(initialCluster, "every member is a learner, so that none could vote");
        }

        var members = urls.Select(m => Member(m.Key, m.Value, token, learners?.Contains(m.Key, StringComparer.Ordinal) == true));
        return new ClusterTopology(initialCluster, token, [.. members.OrderBy(m => m.Id)]);
    }

    /// <summary>The member of a name.</summary>
    /// <exception cref="InitialClusterInvalidException">There is none.</exception>
    public TopologyMember this[string name] =>
        Members.FirstOrDefault(m => string.Equals(m.Name, name, StringComparison.Ordinal))
        ?? throw new InitialClusterInvalidException(_initialCluster, $"it does not name the member '{name}' that is to be restored");

    private static TopologyMember Member(string name, List<string> urls, string token, bool isLearner)
    {
        urls.Sort(StringComparer.Ordinal);
        return new TopologyMember(FirstEightBytes(SHA1.HashData(Encoding.UTF8.GetBytes(string.Concat(urls) + token))), name, urls, isLearner);
    }

    // etcd takes scheme://host:port without a path (client/pkg/types/urls.go NewURLs).
    private static string PeerUrl(string text, string initialCluster)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https" or "unix" or "unixs"))
        {
            throw new InitialClusterInvalidException(initialCluster, $"'{text}' is not a peer URL such as https://10.0.0.1:2380");
        }

        var authority = text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..];
        var port = authority.LastIndexOf(':');
        if (authority.Contains('/', StringComparison.Ordinal) || port <= authority.LastIndexOf(']') || !ushort.TryParse(authority[(port + 1)..], out _))
        {
            throw new InitialClusterInvalidException(initialCluster, $"'{text}' must be scheme://host:port and nothing more");
        }

        return $"{uri.Scheme}://{authority}";
    }

    private static ulong FirstEightBytes(byte[] hash) => BinaryPrimitives.ReadUInt64BigEndian(hash);
}

/// <summary>A member that a restore makes.</summary>
/// <param name="PeerUrls">Sorted, as etcd stores them.</param>
public sealed record TopologyMember(ulong Id, string Name, IReadOnlyList<string> PeerUrls, bool IsLearner)
{
    /// <summary>The id as etcd prints it: lowercase hexadecimal without padding.</summary>
    public string IdText => Id.ToString("x", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>An initial-cluster string cannot be read, or contradicts itself or the member's name.</summary>
public sealed class InitialClusterInvalidException(string initialCluster, string reason)
    : RecoveryException(
        FailureKind.InvalidInput,
        initialCluster,
        $"-InitialCluster '{initialCluster}' cannot be used: {reason}.",
        "Give each member as NAME=PEER-URL, separated by commas, e.g. -InitialCluster 'm1=https://10.0.0.1:2380,m2=https://10.0.0.2:2380'.");
