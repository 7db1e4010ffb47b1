using System.Globalization;
using System.Text.Json.Nodes;

namespace DrPowerShell.Testing.Etcd;

/// <summary>What real etcd and its own tools said about a golden snapshot when it was made.</summary>
/// <param name="EtcdVersion">The version of the server and the tools.</param>
/// <param name="Hash">From <c>snapshot status</c>.</param>
/// <param name="Revision">The newest revision.</param>
/// <param name="TotalKey">The key count of <c>snapshot status</c> as 3.4 and 3.5 count.</param>
/// <param name="TotalSize">In bytes, without the digest.</param>
/// <param name="HashKv">The live member's HashKV at <paramref name="Revision"/>, and its compact revision (-1: none).</param>
/// <param name="AuthEnabled">Whether authentication was on.</param>
/// <param name="Leases">The live leases' ids, in no order.</param>
/// <param name="Keys">Every live key at the newest revision, in key order.</param>
/// <param name="KeysAtCompactRevision">The same at the compact revision, or at revision 2 where nothing was compacted.</param>
public sealed record GoldenFacts(
    string EtcdVersion,
    uint Hash,
    long Revision,
    int TotalKey,
    long TotalSize,
    EtcdLiveHash HashKv,
    bool AuthEnabled,
    IReadOnlyList<long> Leases,
    IReadOnlyList<EtcdLiveKey> Keys,
    IReadOnlyList<EtcdLiveKey> KeysAtCompactRevision)
{
    /// <summary>Reads the facts of <c>golden.db</c>, <c>golden-3.4.db</c> or <c>sample.db</c> from <c>tests/fixtures/golden.json</c>.</summary>
    public static GoldenFacts Load(string file)
    {
        var all = JsonNode.Parse(File.ReadAllText(RepositoryPaths.Fixture("golden.json")))!;
        var facts = all[file] ?? throw new ArgumentException($"golden.json tells nothing about {file}.", nameof(file));
        var (status, hash) = (facts["status"]!, facts["hashKV"]!);
        return new GoldenFacts(
            (string)facts["etcd"]!,
            (uint)status["hash"]!,
            (long)status["revision"]!,
            (int)status["totalKey"]!,
            (long)status["totalSize"]!,
            new EtcdLiveHash("golden", (uint)hash["hash"]!, (long)hash["compactRevision"]!, (long)hash["revision"]!),
            (bool)facts["authEnabled"]!,
            [.. facts["leases"]!.AsArray().Select(Number)],
            [.. facts["keys"]!.AsArray().Select(Key)],
            [.. facts["keysAtCompactRevision"]!.AsArray().Select(Key)]);
    }

    private static EtcdLiveKey Key(JsonNode? node) => new(
        Convert.FromBase64String((string)node!["key"]!), Convert.FromBase64String((string)node["value"]!),
        (long)node["create"]!, (long)node["mod"]!, (long)node["version"]!, Number(node["lease"]));

    private static long Number(JsonNode? text) => long.Parse((string)text!, CultureInfo.InvariantCulture);
}
