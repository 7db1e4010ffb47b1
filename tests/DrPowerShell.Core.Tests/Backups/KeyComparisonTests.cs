using System.Text;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Backups;

public sealed class KeyComparisonTests
{
    [Fact]
    public async Task Any_two_stores_compare_as_key_by_key()
    {
        var random = new Random(3);
        for (var round = 0; round < 500; round++)
        {
            var (left, right) = (Store(random), Store(random));
            var expected = left.Keys.Union(right.Keys).Select(key => (Key: key, Left: left.GetValueOrDefault(key), Right: right.GetValueOrDefault(key)))
                .Where(k => k.Left is null || k.Right is null || k.Left.Value != k.Right.Value || k.Left.Lease != k.Right.Lease)
                .OrderBy(k => Convert.ToHexString(Encoding.Latin1.GetBytes(k.Key)), StringComparer.Ordinal)
                .Select(k => (k.Key, k.Left is null ? KeyChange.Added : k.Right is null ? KeyChange.Removed : KeyChange.Changed, k.Left?.ModRevision, k.Right?.ModRevision));

            var found = new List<(string, KeyChange, long?, long?)>();
            await foreach (var d in KeyComparison.CompareAsync(KeyStream.Of(left.Values), KeyStream.Of(right.Values), TestContext.Current.CancellationToken))
            {
                found.Add((Encoding.Latin1.GetString((d.Reference ?? d.Difference)!.KeyBytes), d.Change, d.ReferenceRevision, d.DifferenceRevision));
            }

            Assert.Equal(expected, found);
        }
    }

    [Fact]
    public async Task A_snapshot_differs_from_the_live_cluster_by_what_was_written_since()
    {
        using var temp = new TempFolder("compare");
        await using var live = await EtcdTestCluster.StartAsync(EtcdBinaries.V35);
        var load = await EtcdLoad.OpenAsync(live);
        await load.PutSequenceAsync(2500, valueSize: 20);
        await using var cluster = await live.Options().OpenAsync();
        (await cluster.BackUpAsync(temp["a.db"])).Succeed();
        var removed = load.DeleteManyAsync(["/load/00000000", "/load/00001000"]);
        await removed;
        var changed = await load.PutAsync("/load/00002499", "new");
        await load.PutAsync("/load/new", "x");

        using var reader = SnapshotKeyReader.Open(temp["a.db"]);
        var token = TestContext.Current.CancellationToken;
        var found = new List<EtcdKeyDifference>();
        var range = EtcdKeyRange.Prefix("/load/");
        await foreach (var d in KeyComparison.CompareAsync(
            KeyStream.Of(reader.Read(range)), ClusterKeyReader.ReadAsync(cluster, range, new KeyReadOptions(), token), token))
        {
            found.Add(d);
        }

        Assert.Equal(
            [("/load/00000000", KeyChange.Removed), ("/load/00001000", KeyChange.Removed), ("/load/00002499", KeyChange.Changed), ("/load/new", KeyChange.Added)],
            found.Select(d => (d.Key, d.Change)));
        Assert.Equal(changed, found[2].DifferenceRevision);
        Assert.Equal("new", found[2].Difference!.Value);
    }

    private static SortedDictionary<string, EtcdKeyValue> Store(Random random)
    {
        var store = new SortedDictionary<string, EtcdKeyValue>(StringComparer.Ordinal);
        for (var count = random.Next(12); count > 0; count--)
        {
            // Bytes above 0x7F sort after those below, unlike signed ones; a key that is another one's beginning sorts first.
            var key = new byte[random.Next(1, 4)];
            for (var i = 0; i < key.Length; i++)
            {
                key[i] = (byte)(random.Next(2) == 0 ? 'a' : 0xF0 + random.Next(2));
            }

            store[Encoding.Latin1.GetString(key)] = new EtcdKeyValue
            {
                KeyBytes = key,
                ValueBytes = [(byte)('0' + random.Next(2))],
                Lease = random.Next(4) == 0 ? 5 : 0,
                ModRevision = random.Next(100),
            };
        }

        return store;
    }
}
