using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DrPowerShell.Testing.Etcd;

/// <summary>
/// Writes to and reads from a test cluster fast, over etcd's own JSON gateway: many puts in one transaction, several transactions at
/// once. It shares no code with the product, so that what it reads is a witness.
/// </summary>
public sealed class EtcdLoad
{
    private const int PutsPerTransaction = 120; // etcd's default limit is 128
    private const int BytesPerTransaction = 700_000; // and 1.5 MiB for a request, here in base64

    private readonly HttpClient http;
    private readonly Uri endpoint;
    private string? token;

    private EtcdLoad(HttpClient http, Uri endpoint) => (this.http, this.endpoint) = (http, endpoint);

    /// <summary>How many transactions are under way at a time.</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>Opens a session with one member (the first that runs, when not told), as root where authentication is on.</summary>
    public static async Task<EtcdLoad> OpenAsync(EtcdTestCluster cluster, int? member = null)
    {
        var at = member is { } index ? cluster.Members[index] : cluster.Members.First(m => m.IsRunning);
        return await OpenAsync(cluster.Http, at.ClientUrl, cluster.RootPassword);
    }

    /// <summary>Opens a session with the member at a URL, as root where a password is given.</summary>
    internal static async Task<EtcdLoad> OpenAsync(HttpClient http, Uri endpoint, string? rootPassword)
    {
        var load = new EtcdLoad(http, endpoint);
        if (rootPassword is not null)
        {
            var answer = await load.PostAsync("/v3/auth/authenticate", new JsonObject { ["name"] = "root", ["password"] = rootPassword });
            load.token = (string?)answer["token"];
        }

        return load;
    }

    /// <summary>Writes keys <c>prefix + 00000000…</c> with values of the given size, which differ from key to key.</summary>
    public Task PutSequenceAsync(int count, string prefix = "/load/", int valueSize = 100, long lease = 0)
    {
        return PutManyAsync(Enumerable.Range(0, count).Select(i => new EtcdPut($"{prefix}{i:D8}", SequenceValue(i, valueSize), lease)));
    }

    /// <summary>The value of one key of a sequence.</summary>
    public static byte[] SequenceValue(int number, int size = 100)
    {
        var value = new byte[size];
        new Random(number).NextBytes(value);
        return value;
    }

    /// <summary>Writes many keys. A key must not be in there twice; the order of their revisions is not defined.</summary>
    public Task PutManyAsync(IEnumerable<EtcdPut> puts) =>
        TransactAsync(puts.Select(put => (Cost: put.Value.Length + put.Key.Length, Operation: new JsonObject { ["requestPut"] = Body(put) })));

    /// <summary>Writes one key and returns its revision.</summary>
    public async Task<long> PutAsync(string key, string value, long lease = 0) =>
        RevisionOf(await PostAsync("/v3/kv/put", Body(new EtcdPut(key, value, lease))));

    /// <summary>Deletes many single keys.</summary>
    public Task DeleteManyAsync(IEnumerable<string> keys) =>
        TransactAsync(keys.Select(key => (key.Length, new JsonObject { ["requestDeleteRange"] = new JsonObject { ["key"] = Base64(key) } })));

    /// <summary>Deletes every key with the prefix in one revision, which is returned.</summary>
    public async Task<long> DeletePrefixAsync(string prefix) =>
        RevisionOf(await PostAsync("/v3/kv/deleterange", new JsonObject { ["key"] = Base64(prefix), ["range_end"] = PrefixEnd(prefix) }));

    /// <summary>Grants a lease and returns its id.</summary>
    public async Task<long> GrantLeaseAsync(TimeSpan timeToLive, long id = 0) =>
        Number((await PostAsync("/v3/lease/grant", new JsonObject { ["TTL"] = (long)timeToLive.TotalSeconds, ["ID"] = id }))["ID"]);

    /// <summary>Revokes a lease; its keys are deleted.</summary>
    public Task RevokeLeaseAsync(long id) => PostAsync("/v3/lease/revoke", new JsonObject { ["ID"] = id });

    /// <summary>Compacts to the revision and returns when the rows are gone from the database.</summary>
    public Task CompactAsync(long revision) =>
        PostAsync("/v3/kv/compaction", new JsonObject { ["revision"] = revision, ["physical"] = true });

    /// <summary>Defragments the member.</summary>
    public Task DefragmentAsync() => PostAsync("/v3/maintenance/defragment", []);

    /// <summary>The store's newest revision.</summary>
    public async Task<long> RevisionAsync() =>
        RevisionOf(await PostAsync("/v3/kv/range", new JsonObject { ["key"] = Base64("\0"), ["limit"] = 1, ["keys_only"] = true }));

    /// <summary>Every key with the prefix, "" for all, in key order, at a revision (0 for the newest).</summary>
    public async Task<IReadOnlyList<EtcdLiveKey>> GetAllAsync(string prefix = "", long revision = 0)
    {
        var keys = new List<EtcdLiveKey>();
        var (start, end) = prefix.Length == 0 ? (Base64("\0"), Base64("\0")) : (Base64(prefix), PrefixEnd(prefix));
        while (true)
        {
            var answer = await PostAsync("/v3/kv/range", new JsonObject { ["key"] = start, ["range_end"] = end, ["limit"] = 2000, ["revision"] = revision });
            keys.AddRange((answer["kvs"]?.AsArray() ?? []).Select(Key));
            if ((bool?)answer["more"] != true)
            {
                return keys;
            }

            revision = revision == 0 ? RevisionOf(answer) : revision; // later pages are of the same moment
            start = Convert.ToBase64String([.. keys[^1].Key, 0]);
        }
    }

    /// <summary>Sends one request to the gateway; throws with the member's own words when it is refused.</summary>
    public async Task<JsonObject> PostAsync(string path, JsonObject body, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(endpoint, path))
        {
            Content = new StringContent(body.ToJsonString(), new MediaTypeHeaderValue("application/json")),
        };
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", token);
        }

        using var response = await http.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode
            ? JsonNode.Parse(text)!.AsObject()
            : throw new InvalidOperationException($"{path}: {(int)response.StatusCode} {text}");
    }

    private async Task TransactAsync(IEnumerable<(int Cost, JsonObject Operation)> operations)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallelism };
        await Parallel.ForEachAsync(Batches(operations), options, async (batch, cancellation) =>
            await PostAsync("/v3/kv/txn", new JsonObject { ["success"] = batch }, cancellation));
    }

    private static IEnumerable<JsonArray> Batches(IEnumerable<(int Cost, JsonObject Operation)> operations)
    {
        var (batch, bytes) = (new JsonArray(), 0);
        foreach (var (cost, operation) in operations)
        {
            if (batch.Count == PutsPerTransaction || (batch.Count > 0 && bytes + cost > BytesPerTransaction))
            {
                yield return batch;
                (batch, bytes) = ([], 0);
            }

            batch.Add(operation);
            bytes += cost;
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    private static JsonObject Body(EtcdPut put) =>
        new() { ["key"] = Base64(put.Key), ["value"] = Convert.ToBase64String(put.Value.Span), ["lease"] = put.Lease };

    private static EtcdLiveKey Key(JsonNode? node) => new(
        Convert.FromBase64String((string?)node!["key"] ?? ""), Convert.FromBase64String((string?)node["value"] ?? ""),
        Number(node["create_revision"]), Number(node["mod_revision"]), Number(node["version"]), Number(node["lease"]));

    private static long RevisionOf(JsonObject answer) => Number(answer["header"]!["revision"]);

    // The gateway writes 64-bit numbers as strings, and leaves zeros out.
    private static long Number(JsonNode? node) => node switch
    {
        null => 0,
        _ when node.GetValueKind() == JsonValueKind.String => long.Parse((string)node!, CultureInfo.InvariantCulture),
        _ => (long)node,
    };

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string PrefixEnd(string prefix)
    {
        var bytes = Encoding.UTF8.GetBytes(prefix);
        bytes[^1]++;
        return Convert.ToBase64String(bytes);
    }
}
