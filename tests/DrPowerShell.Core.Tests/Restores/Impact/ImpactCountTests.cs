using System.Text;
using DrPowerShell.Core.Restores.Impact;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Snapshots;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Impact;

public sealed class ImpactCountTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Whatever_the_number_of_groups_the_sums_are_right_and_the_largest_come_first()
    {
        var count = new ImpactCount(new RestoreImpactOptions { RowLimit = 5, ObjectLimit = 7 }, Now);
        for (var group = 0; group < 20_000; group++)
        {
            for (var key = 0; key < (group % 4000 == 7 ? 50 + group / 4000 : 1); key++)
            {
                count.Add(Lost($"/registry/configmaps/ns-{group:D5}/c-{key}"));
                count.Add(Lost($"/data/{group:D5}/x-{key}"));
            }
        }

        var keys = 20_000L + (5 * 49) + 10;
        Assert.Equal(2 * keys, count.Keys.Lost);
        var kinds = count.ByKind();
        Assert.Equal(["ns-16007", "ns-12007", "ns-08007", "ns-04007", "ns-00007"], kinds.Take(5).Select(k => k.Namespace));
        Assert.Equal([54L, 53, 52, 51, 50], kinds.Take(5).Select(k => k.Lost));
        Assert.Equal(("(other)", keys), (kinds[5].Kind, kinds.Sum(k => k.Lost)));
        var prefixes = count.ByPrefix();
        Assert.Equal(new("/registry/configmaps/", keys, 0, 0), prefixes[0]);
        Assert.Equal(("/data/16007/", 54L), (prefixes[1].Prefix, prefixes[1].Lost));
        Assert.Equal(("(other)", 2 * keys), (prefixes[^1].Prefix, prefixes.Sum(p => p.Lost)));
        Assert.Equal((7, keys - 7), (count.Objects.Count, count.ObjectsLeftOut));
    }

    [Fact]
    public void Objects_outside_of_the_prefix_are_noticed()
    {
        var count = new ImpactCount(new RestoreImpactOptions(), Now);
        count.Add(Lost("/kubernetes.io/secrets/shop/tls", "k8s:enc:aescbc:v1:key1:x"));
        Assert.Equal(("/kubernetes.io/secrets/shop/tls", 0), (count.KeyOutside, count.Objects.Count));

        var both = new ImpactCount(new RestoreImpactOptions { KeyPrefixes = ["kubernetes.io", "/openshift.io"] }, Now);
        both.Add(Lost("/kubernetes.io/secrets/shop/tls", "k8s:enc:aescbc:v1:key1:x"));
        both.Add(Lost("/openshift.io/routes/shop/web"));
        Assert.Equal((null, 2L), (both.KeyOutside, both.Keys.Lost));
        Assert.Equal(["Lost Secret shop/tls", "Lost routes shop/web"], both.Objects.Select(o => o.ToString()));
    }

    [Fact]
    public void An_object_from_the_future_is_no_evidence_of_a_write()
    {
        var count = new ImpactCount(new RestoreImpactOptions(), Now);
        count.Add(Lost("/registry/configmaps/shop/a", Created("2026-11-22T11:00:00Z")));
        count.Add(Lost("/registry/configmaps/shop/b", Created("2026-11-22T12:00:01Z")));
        count.Add(Lost("/registry/configmaps/shop/c", Created("2026-11-22T10:00:00Z")));
        // What comes back tells of the snapshot's time, not of the cluster's.
        count.Add(new EtcdKeyDifference { Key = "", Change = KeyChange.Removed, Reference = Key("/registry/configmaps/shop/d", Created("2026-11-22T11:30:00Z")) });

        Assert.Equal(Now.AddHours(-1), count.NewestWrite);
    }

    [Theory]
    [InlineData(0, 0, null)]
    [InlineData(1_000_000_000, 0, 60.0)]
    [InlineData(1_000_000_000, 500_000_000, 70.0)]
    public void Without_earlier_restores_the_sizes_tell_how_long_it_takes(long size, long stored, double? seconds) =>
        Assert.Equal(seconds, RestoreDuration.Estimate(Snapshot(size) with { StoredSize = stored }, 3, [])?.TotalSeconds);

    [Fact]
    public void Earlier_restores_tell_better()
    {
        EarlierRestore[] earlier = [new(1000, TimeSpan.FromSeconds(90)), new(1000, TimeSpan.FromSeconds(50)), new(2000, TimeSpan.FromHours(9)), new(0, TimeSpan.Zero), new(1000, TimeSpan.FromSeconds(20))];
        // Scaled to this size: 20, 50, 90 and hours, and one that says nothing; the median lies between the two in the middle.
        Assert.Equal(TimeSpan.FromSeconds(70), RestoreDuration.Estimate(Snapshot(1000), 3, earlier));
        Assert.Equal(TimeSpan.FromSeconds(30 + 120), RestoreDuration.Estimate(Snapshot(2000), 3, earlier[..1]));
    }

    private static ImpactSnapshot Snapshot(long size) => new() { Name = "a", Taken = Now, Size = size };

    private static string Created(string time) => $$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"creationTimestamp":"{{time}}" } }""";

    private static EtcdKeyDifference Lost(string key, string value = "x") => new() { Key = key, Change = KeyChange.Added, Difference = Key(key, value) };

    private static EtcdKeyValue Key(string key, string value) => new() { KeyBytes = Encoding.UTF8.GetBytes(key), ValueBytes = Encoding.UTF8.GetBytes(value) };
}
