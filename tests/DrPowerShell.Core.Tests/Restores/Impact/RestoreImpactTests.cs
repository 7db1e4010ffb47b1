using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Restores.Impact;
using DrPowerShell.Core.Tests.Backups;
using DrPowerShell.Core.Tests.Kubernetes;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Impact;

/// <summary>Known keys, a snapshot, known changes in a real etcd: the figures must be exactly those.</summary>
public sealed class RestoreImpactTests : IDisposable
{
    private static readonly DateTimeOffset Taken = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private readonly TempFolder _temp = new("impact");
    private readonly FakeTimeProvider _time = new(Taken.AddMinutes(125));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("3.4")]
    [InlineData("3.5")]
    public async Task The_figures_are_exact_live_and_from_the_data_directory_of_the_stopped_cluster(string release)
    {
        await using var etcd = await EtcdTestCluster.StartAsync(EtcdBinaries.Get(release));
        var revisions = await MakeHistoryAsync(etcd);
        await using (var cluster = await etcd.Options().OpenAsync())
        {
            var live = await MeasureAsync(PresentState.Of(cluster));

            Assert.Equal((ImpactBasis.LiveCluster, revisions.Snapshot, revisions.Live), (live.Basis, live.SnapshotRevision, live.LiveRevision));
            Assert.Equal((LastWriteEvidence.Cluster, TimeSpan.FromMinutes(125), TimeSpan.FromMinutes(125)), (live.LastWriteFrom, live.MeasuredLoss!.Value, live.LossAtMost));
            Assert.Equal(revisions.Live - revisions.Snapshot + RevisionBump.Margin, live.RecommendedBump);
            IsExact(live);

            var outage = await MeasureAsync(PresentState.Of(cluster), o => o with { OutageStart = Taken.AddSeconds(41) });
            Assert.Equal((LastWriteEvidence.OutageStart, TimeSpan.FromSeconds(41)), (outage.LastWriteFrom, outage.MeasuredLoss!.Value));
        }

        // Held by a running etcd, the database is not read.
        await Assert.ThrowsAsync<SnapshotReadFailedException>(() => MeasureAsync(PresentState.Of([etcd.Members[0].DataDirectory])));
        await etcd.StopMemberAsync(0);
        var before = Directory.GetFiles(etcd.Members[0].DataDirectory, "*", SearchOption.AllDirectories).Select(f => (f, File.GetLastWriteTimeUtc(f))).ToList();

        var stopped = await MeasureAsync(PresentState.Of([etcd.Members[0].DataDirectory]));

        Assert.Equal((ImpactBasis.DataDirectory, revisions.Live), (stopped.Basis, stopped.LiveRevision));
        Assert.DoesNotContain(stopped.Findings, f => f.Severity == FindingSeverity.Warning);
        // The newest time stamp in what was written since: a lease of the coordination API, renewed.
        Assert.Equal((LastWriteEvidence.Object, TimeSpan.FromMinutes(17)), (stopped.LastWriteFrom, stopped.MeasuredLoss!.Value));
        IsExact(stopped);
        Assert.Equal(before, Directory.GetFiles(etcd.Members[0].DataDirectory, "*", SearchOption.AllDirectories).Select(f => (f, File.GetLastWriteTimeUtc(f))));
    }

    [Fact]
    public async Task Right_after_the_snapshot_nothing_is_lost()
    {
        await using var etcd = await EtcdTestCluster.StartAsync(EtcdBinaries.V35);
        await (await EtcdLoad.OpenAsync(etcd)).PutSequenceAsync(50);
        await using var cluster = await etcd.Options().OpenAsync();
        (await cluster.BackUpAsync(_temp["a.db"])).Succeed();

        var open = await MeasureAsync(PresentState.Of(cluster), options => options with { Cluster = "prod", HasNamedWriters = false });
        Assert.Contains(open.Findings, finding => finding is { Code: "WritersNotNamed", Severity: FindingSeverity.Warning } && finding.Text.Contains("clusters.prod.writers", StringComparison.Ordinal));
        var impact = await MeasureAsync(PresentState.Of(cluster));
        Assert.DoesNotContain(impact.Findings, finding => finding.Code == "WritersNotNamed");

        Assert.Equal((0L, 0L, 0L, 50L, 0L), (impact.KeysLost!.Value, impact.KeysBack!.Value, impact.KeysReverted!.Value, impact.KeysUnchanged!.Value, impact.LeasesExpiring!.Value));
        Assert.Equal((0L, LastWriteEvidence.Revision, TimeSpan.Zero, TimeSpan.FromMinutes(125)), (impact.RevisionGap!.Value, impact.LastWriteFrom, impact.MeasuredLoss!.Value, impact.LossAtMost));
        Assert.Empty(impact.ByPrefix);
    }

    [Theory]
    [InlineData("3.4")]
    [InlineData("3.5")]
    public async Task Without_a_quorum_the_survivor_is_compared_and_the_result_says_so(string release)
    {
        await using var etcd = await EtcdTestCluster.StartAsync(EtcdBinaries.Get(release), new() { Members = 3 });
        var load = await EtcdLoad.OpenAsync(etcd, 1);
        await load.PutSequenceAsync(20);
        await using var cluster = await (etcd.Options() with { RequestTimeout = TimeSpan.FromSeconds(1) }).OpenAsync();
        (await cluster.BackUpAsync(_temp["a.db"])).Succeed();
        await load.PutAsync("/load/since", "x");
        await Eventually.IsTrueAsync(
            async () => (await Task.WhenAll(etcd.Members.Select(async (_, i) => await (await EtcdLoad.OpenAsync(etcd, i)).RevisionAsync()))).Distinct().Count() == 1,
            "every member has the last write");
        await etcd.KillMemberAsync(0);
        await etcd.KillMemberAsync(2);

        var impact = await MeasureAsync(PresentState.Of(cluster));

        Assert.Equal((1L, 20L, ImpactBasis.LiveCluster), (impact.KeysLost!.Value, impact.KeysUnchanged!.Value, impact.Basis));
        Assert.Equal((FindingSeverity.Warning, "NoQuorum"), (impact.Findings[0].Severity, impact.Findings[0].Code));
        // No moment is known at which it last accepted a write, and none is made up.
        Assert.Equal((LastWriteEvidence.None, (TimeSpan?)null, TimeSpan.FromMinutes(125)), (impact.LastWriteFrom, impact.MeasuredLoss, impact.LossAtMost));
        Assert.Equal(["m1", "m2", "m3"], impact.Members.Order(StringComparer.Ordinal));

        // The data of two of three is that of a majority: nothing that was acknowledged can be missing.
        var directories = await MeasureAsync(PresentState.Of([etcd.Members[0].DataDirectory, etcd.Members[2].DataDirectory]));
        Assert.DoesNotContain(directories.Findings, f => f.Code == "FewMembersRead");
        var one = await MeasureAsync(PresentState.Of([etcd.Members[0].DataDirectory]));
        Assert.Contains(one.Findings, f => f.Code == "FewMembersRead");
    }

    [Fact]
    public async Task What_only_the_log_of_a_killed_member_holds_is_told_and_the_bump_covers_it()
    {
        // Nothing reaches the database but what a snapshot commits.
        await using var etcd = await EtcdTestCluster.StartAsync(EtcdBinaries.V35, new() { ExtraArguments = ["--backend-batch-interval", "1h", "--backend-batch-limit", "1000000"] });
        var load = await EtcdLoad.OpenAsync(etcd);
        await load.PutAsync("/a", "1");
        await using (var cluster = await etcd.Options().OpenAsync())
        {
            (await cluster.BackUpAsync(_temp["a.db"])).Succeed();
        }

        for (var i = 0; i < 10; i++)
        {
            await load.PutAsync($"/log/{i}", "x");
        }

        var newest = await load.RevisionAsync();
        await etcd.KillMemberAsync(0);

        var impact = await MeasureAsync(PresentState.Of([etcd.Members[0].DataDirectory]));

        Assert.Equal((0L, 1L), (impact.KeysLost!.Value, impact.KeysUnchanged!.Value));
        Assert.Contains(impact.Findings, f => f is { Severity: FindingSeverity.Warning, Code: "LogBeyondDatabase" });
        Assert.InRange(impact.RecommendedBump, newest - impact.SnapshotRevision + RevisionBump.Margin, long.MaxValue);
        // The database is at the snapshot's revision, and that is no evidence that nothing was written since.
        Assert.Equal(LastWriteEvidence.File, impact.LastWriteFrom);
    }

    [Fact]
    public async Task A_snapshot_of_another_cluster_is_called_so()
    {
        _temp.CreateFolder("data", "member", "snap");
        File.Copy(RepositoryPaths.Fixture("golden.db"), _temp["data", "member", "snap", "db"]);
        File.Copy(RepositoryPaths.Fixture("golden-3.4.db"), _temp["a.db"]);

        var impact = await MeasureAsync(PresentState.Of([_temp["data"]]));
        Assert.Contains(impact.Findings, f => f is { Severity: FindingSeverity.Warning, Code: "OtherMembers" });
        Assert.NotEqual(LastWriteEvidence.Revision, impact.LastWriteFrom);

        File.WriteAllBytes(_temp["data", "member", "snap", "db"], new byte[4096]);
        await Assert.ThrowsAsync<DrPowerShell.Etcd.Bolt.NotAnEtcdSnapshotException>(() => MeasureAsync(PresentState.Of([_temp["data"]])));
    }

    // Before: 100 kept, 1 to be deleted, 1 to be changed, pods and a widget. After: what the names say.
    private async Task<(long Snapshot, long Live)> MakeHistoryAsync(EtcdTestCluster etcd)
    {
        const string uid = "6f1c8b0e-52f4-4d5c-9f3a-0a7b3f0d9c11";
        var load = await EtcdLoad.OpenAsync(etcd);
        var kept = await load.GrantLeaseAsync(TimeSpan.FromHours(1));
        var revoked = await load.GrantLeaseAsync(TimeSpan.FromHours(1));
        await load.PutSequenceAsync(100, "/app/kept/");
        await load.PutAsync("/app/leased", "x", kept);
        await load.PutAsync("/app/back", "x");
        await load.PutAsync("/app/back-leased", "x", revoked);
        await load.PutAsync("/app/changed", "old");
        await load.PutManyAsync(
        [
            Pod("web-0", "shop", uid), Pod("web-1", "shop", uid), Pod("web-2", "shop", uid), Pod("dns", "kube-system", uid),
            new("/registry/secrets/shop/tls", "k8s:enc:aescbc:v1:key1:old"),
            Lease(Taken),
            new("/registry/example.com/widgets/shop/blue", StoredObjects.Json("example.com/v1", "Widget", "blue", "shop", uid, "2026-11-20T00:00:00Z")),
            new("compact_rev_key", "100"),
        ]);
        var snapshot = await load.RevisionAsync();
        await using (var cluster = await etcd.Options().OpenAsync())
        {
            (await cluster.BackUpAsync(_temp["a.db"])).Succeed();
        }

        await load.PutSequenceAsync(1, "/app/kept/"); // again, with the same content
        await load.DeleteManyAsync(["/app/back", "/registry/pods/shop/web-1"]);
        await load.RevokeLeaseAsync(revoked);
        await load.PutAsync("/app/changed", "new");
        await load.PutAsync("/app/lost", "x", await load.GrantLeaseAsync(TimeSpan.FromHours(1)));
        await load.GrantLeaseAsync(TimeSpan.FromHours(1)); // a lease that holds no key is its holder's all the same
        await load.PutManyAsync(
        [
            Pod("web-0", "shop", "11111111-52f4-4d5c-9f3a-0a7b3f0d9c11"), Pod("web-3", "shop", uid), Pod("web-4", "shop", uid), Pod("dns", "kube-system", uid, Taken.AddMinutes(3)),
            new("/registry/secrets/shop/tls", "k8s:enc:aescbc:v1:key1:new"), new("/registry/secrets/shop/new", "k8s:enc:aescbc:v1:key1:x"),
            Lease(Taken.AddMinutes(17)),
            new("/registry/ranges/serviceips", StoredObjects.Protobuf("v1", "RangeAllocation", "", null, uid, Taken.AddMinutes(1))),
            new("/registry/example.com/widgets/shop/green", StoredObjects.Json("example.com/v1", "Widget", "green", "shop", uid, "2026-11-22T12:05:00Z")),
            new("/registry/example.com/zones/north", StoredObjects.Json("example.com/v1", "Zone", "north", null, uid, "2099-11-22T12:05:00Z")),
            new("compact_rev_key", "200"),
        ]);
        return (snapshot, await load.RevisionAsync());

        static EtcdPut Pod(string name, string @namespace, string uid, DateTimeOffset? managed = null) =>
            new($"/registry/pods/{@namespace}/{name}", StoredObjects.Protobuf("v1", "Pod", name, @namespace, uid, Taken.AddDays(-1), managed: managed));

        static EtcdPut Lease(DateTimeOffset renewed) =>
            new("/registry/leases/kube-node-lease/node-1", StoredObjects.Protobuf("coordination.k8s.io/v1", "Lease", "node-1", "kube-node-lease", uid, Taken.AddDays(-9), renewed: renewed));
    }

    private static void IsExact(RestoreImpact impact)
    {
        Assert.Equal((7L, 3L, 6L), (impact.KeysLost!.Value, impact.KeysBack!.Value, impact.KeysReverted!.Value));
        Assert.Equal((112L, 116L, 103L), (impact.SnapshotKeys!.Value, impact.LiveKeys!.Value, impact.KeysUnchanged!.Value));
        Assert.Equal(3, impact.LeasesExpiring);
        Assert.Equal(["m1"], impact.Members);
        Assert.Equal(TimeSpan.FromSeconds(31), impact.EstimatedDuration);
        Assert.Equal(
            [
                new("/registry/pods/", 2, 1, 2), new("/app/", 1, 2, 1), new("/registry/example.com/", 2, 0, 0), new("/registry/secrets/", 1, 0, 1),
                new("", 0, 0, 1), new("/registry/leases/", 0, 0, 1), new("/registry/ranges/", 1, 0, 0),
            ],
            impact.ByPrefix);
        Assert.Equal(
            [
                new("Pod", "", "shop", 2, 1, 1), new("Secret", "", "shop", 1, 0, 1), new("Pod", "", "kube-system", 0, 0, 1),
                new("Widget", "example.com", "shop", 1, 0, 0), new("Zone", "example.com", null, 1, 0, 0),
            ],
            impact.ByKind);
        Assert.Equal(
            ["Lost Widget shop/green", "Lost Zone north", "Reverted Pod kube-system/dns", "Reverted Pod shop/web-0", "Back Pod shop/web-1", "Lost Pod shop/web-3", "Lost Pod shop/web-4", "Lost Secret shop/new", "Reverted Secret shop/tls"],
            impact.Objects.Select(o => o.ToString()));
        Assert.Equal(["web-0"], impact.Objects.Where(o => o.IsReplaced).Select(o => o.Name));
        Assert.Equal(["ValuesEncrypted"], impact.Findings.Where(f => f.Severity == FindingSeverity.Information).Select(f => f.Code));
    }

    private Task<RestoreImpact> MeasureAsync(PresentState present, Func<RestoreImpactOptions, RestoreImpactOptions>? with = null)
    {
        var snapshot = new ImpactSnapshot { Name = "prod-20261122T120000Z-7f3a", Path = _temp["a.db"], Taken = Taken };
        return new RestoreImpactMeasurer(_time).MeasureAsync(snapshot, present, with?.Invoke(new()) ?? new(), null, Token);
    }
}
