using System.Diagnostics;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Tests.Bolt;
using DrPowerShell.Etcd.Tests.Mvcc;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Snapshots;

/// <summary>With less memory the same is found in more passes.</summary>
[Collection(AloneCollection.Name)]
public sealed class ScanLimitTests(ITestOutputHelper output)
{
    private static readonly ScanLimits Small = new() { KeySlots = 1024, RowDigests = 100, CacheCapacity = 1 };

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3000, 3000)]
    [InlineData(3000, 6000)]
    [InlineData(int.MaxValue, int.MaxValue)]
    public void A_split_index_and_few_digests_give_the_same_result(int finished, int scheduled)
    {
        var store = new StoreWriter().Random(11, 20_000, 9000);
        var last = Math.Min(finished, (int)store.Revision);
        var file = store.ToDatabase(finished: last, scheduled: Math.Min(scheduled, (int)store.Revision));
        var whole = Verify.Scan(new MemorySource(file));
        foreach (var limits in new[] { Small, Small with { RowDigests = 1 << 20 }, Small with { KeySlots = 1 << 20 }, new ScanLimits { KeySlots = 2048, RowDigests = 0 } })
        {
            var split = Verify.Scan(new MemorySource(file), limits);
            AssertEqual(whole, split);
        }

        Assert.Equal(store.LiveKeys, whole.Status!.TotalKeyV36);
        Assert.Empty(whole.Findings);
    }

    [Fact]
    public void The_findings_of_a_split_index_are_those_of_a_whole_one()
    {
        var store = new StoreWriter().Random(12, 20_000, 9000);
        var rows = store.Rows.ToList();
        // Rows that are gone from the middle leave histories with holes.
        for (var at = 19_000; at > 0; at -= 301)
        {
            rows.RemoveAt(at);
        }

        var database = new DatabaseWriter();
        var file = database.Finish(store.WriteTo(database, rows: rows));
        var whole = Verify.Scan(new MemorySource(file));
        var split = Verify.Scan(new MemorySource(file), Small);
        Assert.InRange(whole.Findings.Count, 5, 200);
        Assert.Equal(Texts(whole), Texts(split));
        AssertEqual(whole, split);
    }

    [Fact]
    public void Missing_leases_are_counted_once_over_all_parts()
    {
        var store = new StoreWriter();
        for (var i = 0; i < 5000; i++)
        {
            store.Begin().Put($"k{i}", "v", lease: i % 100 == 0 ? 77 : 0);
        }

        var file = store.ToDatabase();
        var (whole, split) = (Verify.Scan(new MemorySource(file)), Verify.Scan(new MemorySource(file), Small));
        Assert.Equal(11, whole.Findings.Count(f => f.Code == "LeaseMissing"));
        Assert.Contains(whole.Findings, f => f.Text.StartsWith("40 more", StringComparison.Ordinal));
        Assert.Equal(11, split.Findings.Count(f => f.Code == "LeaseMissing"));
        Assert.Contains(split.Findings, f => f.Text.StartsWith("40 more", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_database_of_300_MB_and_1600000_keys_is_verified_in_bounded_memory()
    {
        using var folder = new TempFolder();
        var path = folder["big.db"];
        const int Keys = 1_600_000;
        await using (var stream = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 20))
        {
            var database = new DatabaseWriter(4096, stream);
            var value = new byte[130];
            var rows = Enumerable.Range(0, Keys).Select(i =>
                new Item(StoreWriter.RowKey(i + 2, 0), StoreWriter.KeyValue($"/registry/things/{i:D12}", value, i + 2, i + 2, 1, 0)));
            database.FinishStream(new StoreWriter().WriteTo(database, finished: Keys / 2, rows: rows));
        }

        GC.Collect();
        Assert.True(new FileInfo(path).Length > 300 << 20);
        var before = Environment.WorkingSet;
        var peak = before;
        using var end = new CancellationTokenSource();
        var watch = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                peak = Math.Max(peak, Environment.WorkingSet);
                await Task.Delay(10);
            }
        });
        var time = Stopwatch.StartNew();
        var result = await new SnapshotVerifier().VerifyAsync(path, VerificationLevel.Full, null, default);
        await end.CancelAsync();
        await watch;
        output.WriteLine($"{time.Elapsed.TotalSeconds:N1} s, {(peak - before) >> 20} MB above {before >> 20} MB.");
        Assert.True(result.IsValid, string.Join('\n', result.Findings));
        Assert.Equal(Keys, result.Status!.TotalKeyV36);
        using var source = FileByteSource.Open(path);
        var roomy = Verify.Scan(source, new ScanLimits { KeySlots = 1 << 22 });
        Assert.Equal(roomy.HashKv, result.HashKv);
        Assert.Equal(roomy.HashKvAfterBoot, result.HashKvAfterBoot);
        // DESIGN section 7 allows 128 MB; other tests of this process may allocate meanwhile.
        Assert.True(peak - before < 160 << 20, $"{(peak - before) >> 20} MB were added.");
    }

    private static List<string> Texts(ScanOutcome outcome) => [.. outcome.Findings.Select(f => f.ToString()).Order(StringComparer.Ordinal)];

    private static void AssertEqual(ScanOutcome whole, ScanOutcome split)
    {
        Assert.Equal(whole.HashKv, split.HashKv);
        Assert.Equal(whole.HashKvAfterBoot, split.HashKvAfterBoot);
        Assert.Equal(whole.Status!.Hash, split.Status!.Hash);
        Assert.Equal(whole.Status.TotalKeyV36, split.Status.TotalKeyV36);
        Assert.Equal(whole.Status.KeyPrefixes, split.Status.KeyPrefixes);
    }
}
