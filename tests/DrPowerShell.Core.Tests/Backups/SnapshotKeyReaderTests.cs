using System.Text;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Core.Tests.Backups;

/// <summary>Keys that etcd served live, at every revision, against what is read from the snapshot.</summary>
public sealed class SnapshotKeyReaderTests : IDisposable
{
    private readonly TempFolder _temp = new("keys");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("3.4", 1)]
    [InlineData("3.5", 2)]
    public async Task Every_revision_reads_as_the_live_server_served_it_whatever_the_memory(string release, int seed)
    {
        await using var live = await EtcdTestCluster.StartAsync(EtcdBinaries.Get(release));
        var load = await EtcdLoad.OpenAsync(live);
        var newest = await WriteHistoryAsync(load, new Random(seed));
        var compacted = newest / 3;
        await load.CompactAsync(compacted);
        await live.EtcdctlAsync("snapshot", "save", _temp["a.db"]);
        using var reader = SnapshotKeyReader.Open(_temp["a.db"]);
        using var tiny = SnapshotKeyReader.Open(_temp["a.db"], budget: 700);
        using var one = SnapshotKeyReader.Open(_temp["a.db"], budget: 1);

        for (var revision = compacted; revision <= newest; revision++)
        {
            var served = await load.GetAllAsync("", revision);
            Equal(served, reader.Read(EtcdKeyRange.All, revision, cancellationToken: Token));
            Equal(served, tiny.Read(EtcdKeyRange.All, revision, cancellationToken: Token));
            Equal(served.Where(k => k.KeyText.StartsWith("/b/", StringComparison.Ordinal)), tiny.Read(EtcdKeyRange.Prefix("/b/"), revision));
            if (revision % 16 == 0)
            {
                Equal(served, one.Read(EtcdKeyRange.All, revision, cancellationToken: Token));
                Equal(served.Take(5), one.Read(EtcdKeyRange.All, revision, first: 5));
            }

            Equal(served.Take(3), reader.Read(EtcdKeyRange.All, revision, first: 3));
            Equal(served.Where(k => k.KeyText == "/a/7"), reader.Read(EtcdKeyRange.Single("/a/7"), revision));
        }

        Equal(await load.GetAllAsync(), reader.Read(EtcdKeyRange.All));
        Equal((await load.GetAllAsync()).Skip(4), reader.Read(EtcdKeyRange.All.StartingAfter((await load.GetAllAsync())[3].Key)));
        Assert.Empty(reader.Read(EtcdKeyRange.Single("/none")));
        Assert.Equal(newest, reader.Metadata.Revision);

        var early = Assert.Throws<SnapshotRevisionCompactedException>(() => reader.Read(EtcdKeyRange.All, compacted - 1));
        Assert.Equal(compacted - 1, early.Subject);
        var late = Assert.Throws<SnapshotRevisionInFutureException>(() => reader.Read(EtcdKeyRange.All, newest + 1));
        Assert.Equal(newest + 1, late.Subject);
    }

    [Fact]
    public async Task Thousands_of_keys_are_read_in_several_passes_in_byte_order()
    {
        await using var live = await EtcdTestCluster.StartAsync(EtcdBinaries.V35);
        var load = await EtcdLoad.OpenAsync(live);
        await load.PutSequenceAsync(6000, valueSize: 10);
        await load.DeletePrefixAsync("/load/000010");
        await live.EtcdctlAsync("snapshot", "save", _temp["a.db"]);
        var served = await load.GetAllAsync();
        using var several = SnapshotKeyReader.Open(_temp["a.db"], budget: 100_000);
        using var whole = SnapshotKeyReader.Open(_temp["a.db"]);

        Equal(served, several.Read(EtcdKeyRange.All));
        Equal(served, whole.Read(EtcdKeyRange.All));
        Equal(served.Take(2500), whole.Read(EtcdKeyRange.All, first: 2500));
        Equal(served.Take(1), whole.Read(EtcdKeyRange.All, first: 1));
    }

    [Fact]
    public async Task A_store_whose_newest_row_was_compacted_away_reads_as_empty_at_the_revision_that_etcd_has()
    {
        await using var live = await EtcdTestCluster.StartAsync(EtcdBinaries.V35);
        var load = await EtcdLoad.OpenAsync(live);
        await load.PutAsync("a", "1");
        var deleted = await load.DeletePrefixAsync("a");
        await load.CompactAsync(deleted);
        await live.EtcdctlAsync("snapshot", "save", _temp["a.db"]);
        using var reader = SnapshotKeyReader.Open(_temp["a.db"]);

        Assert.Empty(await load.GetAllAsync("", deleted));
        Assert.Empty(reader.Read(EtcdKeyRange.All, deleted));
        Assert.Throws<SnapshotRevisionInFutureException>(() => reader.Read(EtcdKeyRange.All, deleted + 1));
    }

    [Theory]
    [InlineData("golden.db")]
    [InlineData("golden-3.4.db")]
    public void The_golden_files_hold_the_keys_that_were_served_when_they_were_made(string name)
    {
        var facts = GoldenFacts.Load(name);
        using var reader = SnapshotKeyReader.Open(RepositoryPaths.Fixture(name), budget: 2000);

        Equal(facts.Keys, reader.Read(EtcdKeyRange.All));
        Equal(facts.KeysAtCompactRevision, reader.Read(EtcdKeyRange.All, facts.HashKv.CompactRevision > 0 ? facts.HashKv.CompactRevision : 2));
    }

    [Fact]
    public async Task Every_cut_and_many_flips_of_a_snapshot_end_in_keys_or_a_typed_error()
    {
        var bytes = await File.ReadAllBytesAsync(RepositoryPaths.Fixture("golden.db"), Token);
        var random = new Random(7);
        for (var i = 0; i < 600; i++)
        {
            var damaged = i % 3 == 0 ? bytes[..random.Next(bytes.Length)] : (byte[])bytes.Clone();
            for (var flips = i % 3 == 0 ? 0 : random.Next(1, 5); flips > 0; flips--)
            {
                damaged[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            await File.WriteAllBytesAsync(_temp["a.db"], damaged, Token);
            try
            {
                using var reader = SnapshotKeyReader.Open(_temp["a.db"], budget: 4000);
                _ = reader.Read(EtcdKeyRange.All).Count();
            }
            catch (Exception e) when (e is SnapshotDamagedException or NotAnEtcdSnapshotException or SnapshotReadFailedException)
            {
                // Told as what it is.
            }
        }

        Assert.Throws<SnapshotFileNotFoundException>(() => SnapshotKeyReader.Open(_temp["none.db"]));
    }

    // Puts, deletes, ranges deleted at once, leases and transactions of several keys, so that sub-revisions and tombstones are there.
    private static async Task<long> WriteHistoryAsync(EtcdLoad load, Random random)
    {
        var lease = await load.GrantLeaseAsync(TimeSpan.FromHours(1));
        for (var i = 0; i < 110; i++)
        {
            var folder = "abc"[random.Next(3)];
            switch (random.Next(10))
            {
                case 0:
                    await load.DeletePrefixAsync($"/{folder}/{random.Next(3)}");
                    break;
                case 1 or 2:
                    await load.PutManyAsync(Enumerable.Range(0, 4).Select(n => new EtcdPut($"/{folder}/{(random.Next(5) * 4) + n}", $"many {i} {n}")));
                    break;
                case 3:
                    await load.DeleteManyAsync([$"/{folder}/{random.Next(20)}"]);
                    break;
                default:
                    await load.PutAsync($"/{folder}/{random.Next(20)}", $"value {i}", random.Next(4) == 0 ? lease : 0);
                    break;
            }
        }

        return await load.PutAsync("/a/7", "the last one");
    }

    private static void Equal(IEnumerable<EtcdLiveKey> served, IEnumerable<EtcdKeyValue> read) => Assert.Equal(
        served.Select(k => $"{Convert.ToHexString(k.Key)} {Convert.ToHexString(k.Value)} {k.CreateRevision} {k.ModRevision} {k.Version} {k.Lease}"),
        read.Select(k => $"{Convert.ToHexString(k.KeyBytes)} {Convert.ToHexString(k.ValueBytes)} {k.CreateRevision} {k.ModRevision} {k.Version} {k.Lease}"));
}
