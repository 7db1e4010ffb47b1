using System.Globalization;
using System.Text.Json.Nodes;
using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Assessing;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Tests.Restores;
using DrPowerShell.Providers.Tests.Sftp;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Restores;

/// <summary>The database of a stopped member, on a host behind SSH, is all that is left: what its WAL holds beyond it is counted and told.</summary>
[Collection(FleetCollection.Name)]
public sealed class StoppedMemberTests
{
    private const int Beyond = 7;

    [Theory]
    [InlineData("3.4")]
    [InlineData("3.5")]
    public async Task What_the_log_of_a_stopped_member_holds_beyond_its_database_is_counted_told_and_not_restored(string release)
    {
        Root.Require();
        var fleet = await Fleet.CreateAsync(FleetKind.Ssh, EtcdBinaries.Get(release));
        await using var rig = new RestoreRig(fleet);
        var cluster = fleet.Cluster;
        foreach (var member in cluster.Plan.Members)
        {
            // One hour, in nanoseconds: the database stays where a defragmentation leaves it, and the log goes on.
            File.AppendAllText(cluster[member.Name, "etcd.yaml"], "backend-batch-interval: 3600000000000\n");
        }

        await cluster.StartAsync();
        await Eventually.IsTrueAsync(async () => await VersionAsync(cluster) == release + ".0", "the members have agreed on their version, by an entry of the log");

        // etcd 3.4 notes in its database how far it has come only with a key that it writes.
        (await cluster.EtcdctlAsync("put", "/a", "one")).ThrowIfFailed();
        Assert.Contains("one", (await cluster.EtcdctlAtAsync(Url(cluster, "m2"), "get", "/a")).ThrowIfFailed().Output, StringComparison.Ordinal);
        (await cluster.EtcdctlAtAsync(Url(cluster, "m2"), "defrag")).ThrowIfFailed();
        var applied = await AppliedAsync(cluster);
        for (var i = 0; i < Beyond; i++)
        {
            (await cluster.EtcdctlAsync("put", string.Create(CultureInfo.InvariantCulture, $"/late/{i}"), "in the log alone")).ThrowIfFailed();
        }

        await Eventually.IsTrueAsync(async () => await AppliedAsync(cluster) == applied + Beyond, "m2 has received them");
        await cluster.KillAsync();
        foreach (var lost in new[] { "m1", "m3" })
        {
            Directory.Delete(Path.Combine(cluster.Data(lost), "member"), recursive: true);
        }

        var plan = await rig.AssessAsync(new RestoreRequest { Cluster = "prod" });
        var run = await rig.RestoreAsync(new RestoreRequest { Cluster = "prod" });

        Assert.Equal((RestoreSourceKind.StoppedMember, "m2"), (plan.Source!.Kind, plan.Source.Member));
        foreach (var told in new[] { plan.Findings, run.Findings })
        {
            var finding = told.Single(one => one.Code == "StoppedMemberUsed");
            Assert.Equal(RecoverySeverity.Warning, finding.Severity);
            Assert.Contains($"holds {Beyond} entries beyond it", finding.Text, StringComparison.Ordinal);
        }

        Assert.Equal(RunResult.Healthy, run.Result);
        Assert.Contains("one", (await cluster.EtcdctlAsync("get", "/a")).ThrowIfFailed().Output, StringComparison.Ordinal);
        Assert.Equal("", (await cluster.EtcdctlAsync("get", "/late/", "--prefix")).ThrowIfFailed().Output);
    }

    private static string Url(ServiceCluster cluster, string name) => EtcdClusterPlan.Text(cluster.Plan.Members.Single(member => member.Name == name).ClientUrl);

    private static async Task<string?> VersionAsync(ServiceCluster cluster)
    {
        using var http = new HttpClient();
        return (string?)JsonNode.Parse(await http.GetStringAsync(new Uri(new Uri(Url(cluster, "m2")), "version"), RestoreRig.Token))!["etcdcluster"];
    }

    // What m2 has applied of the log.
    private static async Task<long> AppliedAsync(ServiceCluster cluster) =>
        (long)JsonNode.Parse((await cluster.EtcdctlAtAsync(Url(cluster, "m2"), "endpoint", "status", "-w", "json")).ThrowIfFailed().Output)![0]!["Status"]!["raftAppliedIndex"]!;
}
