using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots.Restore;

/// <summary>What a client that has seen more than the snapshot holds gets from a restored cluster.</summary>
public sealed class RestoreBumpTests
{
    // Writes after the snapshot that clients saw, and that are lost.
    private const long Lost = 500;

    public static TheoryData<string> Releases => [.. EtcdBinaries.All.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task After_a_bump_a_watcher_of_a_lost_revision_is_told_that_it_is_compacted(string etcd)
    {
        var release = EtcdBinaries.Get(etcd);
        var snapshot = await LiveSnapshots.SmallAsync(release);
        await using var restored = await RestoredCluster.RestoreAsync(release, snapshot.Path, 1, o => o with { RevisionBump = 1_000_000 });
        await restored.StartAsync();
        await restored.AssertHashesAsync();

        var printed = await restored.Live.TryEtcdctlAsync("watch", "/registry", "--prefix", $"--rev={snapshot.Revision + Lost}");
        Assert.NotEqual(0, printed.ExitCode);
        Assert.Contains("required revision has been compacted", printed.Error + printed.Output);

        using var watch = await Watch.OpenAsync(restored.Live, "/registry/x", snapshot.Revision + Lost);
        Assert.True((bool?)(await watch.NextAsync())["created"]);
        var told = await watch.NextAsync();
        Assert.True((bool?)told["canceled"]);
        Assert.Equal($"{snapshot.Revision + 1_000_000}", (string?)told["compact_revision"]);
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task Without_a_bump_such_a_watcher_misses_changes_in_silence_until_the_revision_has_grown_again(string etcd)
    {
        var release = EtcdBinaries.Get(etcd);
        var snapshot = await LiveSnapshots.SmallAsync(release);
        await using var restored = await RestoredCluster.RestoreAsync(release, snapshot.Path, 1);
        await restored.StartAsync();
        using var ahead = await Watch.OpenAsync(restored.Live, "/registry/x", snapshot.Revision + 3);
        using var present = await Watch.OpenAsync(restored.Live, "/registry/x", snapshot.Revision + 1);
        Assert.True((bool?)(await ahead.NextAsync())["created"]);
        Assert.True((bool?)(await present.NextAsync())["created"]);

        var load = await EtcdLoad.OpenAsync(restored.Live);
        await load.PutAsync("/registry/x", "1");
        await load.PutAsync("/registry/x", "2");
        await load.PutAsync("/registry/x", "3");
        Assert.Equal($"{snapshot.Revision + 1}", Revision(await present.NextAsync()));

        // The first change that it is told of is the third one; of the two before it never hears, nor that anything is amiss.
        Assert.Equal($"{snapshot.Revision + 3}", Revision(await ahead.NextAsync()));
    }

    private static string? Revision(JsonNode told) => (string?)told["events"]![0]!["kv"]!["mod_revision"];

    // One watch over the JSON gateway, a line an answer.
    private sealed class Watch(HttpResponseMessage response, StreamReader reader) : IDisposable
    {
        public static async Task<Watch> OpenAsync(EtcdTestCluster cluster, string key, long revision)
        {
            var body = new JsonObject
            {
                ["create_request"] = new JsonObject { ["key"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(key)), ["start_revision"] = revision },
            };
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(cluster.Endpoints[0], "/v3/watch"))
            {
                Content = new StringContent(body.ToJsonString(), new MediaTypeHeaderValue("application/json")),
            };
            var response = await cluster.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            response.EnsureSuccessStatusCode();
            return new Watch(response, new StreamReader(await response.Content.ReadAsStreamAsync()));
        }

        public async Task<JsonNode> NextAsync()
        {
            var line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20));
            return JsonNode.Parse(line!)!["result"]!;
        }

        public void Dispose()
        {
            reader.Dispose();
            response.Dispose();
        }
    }
}
