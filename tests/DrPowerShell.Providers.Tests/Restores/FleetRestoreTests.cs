using System.Text.Json.Nodes;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Tests.Restores;
using DrPowerShell.Providers.Tests.Sftp;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Restores;

/// <summary>Three members, each on a host of its own, are brought back from the loss of everything.</summary>
[Collection(FleetCollection.Name)]
public sealed class FleetRestoreTests
{
    private const int Keys = 100_000;

    [Theory]
    [InlineData("3.4", FleetKind.Ssh)]
    [InlineData("3.4", FleetKind.Local)]
    [InlineData("3.5", FleetKind.Sudo)]
    [InlineData("3.5", FleetKind.Local)]
    public async Task Every_key_of_a_lost_cluster_with_certificates_and_users_comes_back_and_its_watchers_are_told(string release, FleetKind kind)
    {
        Root.Require();
        var fleet = await Fleet.CreateAsync(kind, EtcdBinaries.Get(release), tls: true);
        await using var rig = new RestoreRig(fleet);
        var cluster = fleet.Cluster;
        await cluster.StartAsync();
        await cluster.EnableAuthAsync();
        await (await cluster.OpenLoadAsync()).PutSequenceAsync(Keys);
        (await cluster.EtcdctlAtAsync(EtcdClusterPlan.Text(cluster.Plan.Members[0].ClientUrl), "snapshot", "save", cluster["s.db"])).ThrowIfFailed();
        await using var watch = cluster.Watch("/");
        await using var other = cluster.Watch("/", byPassword: true);
        await Eventually.IsTrueAsync(
            async () => (await cluster.EtcdctlAsync("put", "/lost", "seen by the watchers")).ExitCode == 0 && watch.Text.Contains("/lost", StringComparison.Ordinal) && other.Text.Contains("/lost", StringComparison.Ordinal),
            "the watchers see a write");
        var owners = await AttributesAsync(fleet);
        await LoseAllAsync(cluster);

        cluster.More = "rto: 30m\nrpo: 1h";
        var run = await rig.RestoreAsync(new RestoreRequest { Cluster = "prod", Snapshot = SnapshotCatalog.Describe(cluster["s.db"]) });

        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.True(run.IsSealed);
        Assert.InRange(run.Rto!.Value, TimeSpan.FromSeconds(1), run.RtoTarget!.Value);
        Assert.All(run.Steps, step => Assert.Equal(StepOutcome.Succeeded, step.Outcome));
        Assert.Equal(owners, await AttributesAsync(fleet));
        await AssertEveryKeyAsync(cluster);
        await AssertSameHashesAsync(cluster);

        // What they have seen is gone for good: they must be told, and never wait in silence. One may have been told before, by the last member that was
        // killed; and a password's token is gone as well, which that one may be told instead.
        await EndsAsync(watch, text => text.Contains("required revision has been compacted", StringComparison.Ordinal) || text.Contains("no leader", StringComparison.Ordinal));
        await EndsAsync(other, text => text.Contains("cancel", StringComparison.OrdinalIgnoreCase));
        TestContext.Current.SendDiagnosticMessage($"{release} {kind}: RTO {run.Rto}");
    }

    private static async Task EndsAsync(EtcdWatch watch, Func<string, bool> reason)
    {
        try
        {
            await Eventually.IsTrueAsync(() => watch.HasEnded && reason(watch.Text), "a watcher is told");
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message} It has {(watch.HasEnded ? "ended" : "not ended")}, and has said: {watch.Text}", e);
        }
    }

    private static async Task<string> AttributesAsync(Fleet fleet) =>
        string.Join('\n', await Task.WhenAll(fleet.Cluster.Plan.Members.Select(member => fleet.AttributesAsync(member.Name))));

    // One wiped, one whose database is zeros, one whose disk came back with half of everything.
    private static async Task LoseAllAsync(ServiceCluster cluster)
    {
        await cluster.KillAsync();
        Directory.Delete(Path.Combine(cluster.Data("m1"), "member"), recursive: true);
        using (var zeros = File.OpenWrite(Path.Combine(cluster.Data("m2"), "member", "snap", "db")))
        {
            zeros.Write(new byte[zeros.Length]);
        }

        foreach (var path in Directory.EnumerateFiles(cluster.Data("m3"), "*", SearchOption.AllDirectories))
        {
            using var file = File.OpenWrite(path);
            file.SetLength(file.Length / 2);
        }
    }

    private static async Task AssertEveryKeyAsync(ServiceCluster cluster)
    {
        var found = await (await cluster.OpenLoadAsync(1)).GetAllAsync("/load/");
        Assert.Equal(Keys, found.Count);
        for (var i = 0; i < Keys; i++)
        {
            Assert.Equal($"/load/{i:D8}", System.Text.Encoding.UTF8.GetString(found[i].Key));
            Assert.True(EtcdLoad.SequenceValue(i).AsSpan().SequenceEqual(found[i].Value), $"the value of key {i}");
        }

        Assert.Equal("", (await cluster.EtcdctlAsync("get", "/lost")).ThrowIfFailed().Output);
    }

    private static Task AssertSameHashesAsync(ServiceCluster cluster) => Eventually.IsTrueAsync(
        async () =>
        {
            var hashes = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < cluster.Plan.Members.Count; i++)
            {
                var answer = await (await cluster.OpenLoadAsync(i)).PostAsync("/v3/maintenance/hash", new JsonObject { ["revision"] = 0 });
                hashes.Add($"{answer["hash"]} at {answer["header"]!["revision"]}");
            }

            return hashes.Count == 1;
        },
        "all members answer with one HashKV");
}

/// <summary>Fleets one after another: each takes both processors.</summary>
[CollectionDefinition(Name)]
public sealed class FleetCollection
{
    public const string Name = "fleets";
}
