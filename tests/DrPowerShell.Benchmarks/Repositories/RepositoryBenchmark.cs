using DrPowerShell.Benchmarks.Database;
using DrPowerShell.Benchmarks.Measuring;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Stores;

namespace DrPowerShell.Benchmarks.Repositories;

/// <summary>The acts on repositories: lists of many backups, and a backup to S3 in one pass. It prints what it measures and judges nothing.</summary>
internal sealed class RepositoryBenchmark(BenchmarkOptions options)
{
    private const double Limit = 0.6;
    private const int MemoryLimit = 128;

    public async Task<int> RunAsync()
    {
        using var temporary = options.Work is null ? new TempFolder("bench") : null;
        var work = Directory.CreateDirectory(options.Work ?? temporary!.FullName).FullName;
        if (options.Size > 0)
        {
            // More than memory would hold; both sides pay for the same disk. Lists alone fit into it, and are filled without a sync an object.
            Environment.SetEnvironmentVariable("CEPH_STORE", "bluestore");
        }

        var server = await CephServer.SharedAsync();
        // Ours, in processes of their own, and rclone find the keys as on any machine.
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", server.Owner.AccessKey);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", server.Owner.SecretKey);
        // Nothing here speaks TLS, and rclone does not start where an authority is named this way.
        Environment.SetEnvironmentVariable("AWS_CA_BUNDLE", null);
        if (options.Backups > 0)
        {
            await ListAsync(server, work);
        }

        if (options.Size > 0)
        {
            await OffsiteAsync(server, work);
        }

        return 0;
    }

    private async Task ListAsync(CephServer server, string work)
    {
        var folder = Path.Combine(work, "list");
        Directory.CreateDirectory(folder);
        try
        {
            await ListAsync("folder", new Uri(folder).ToString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        await ListAsync("S3", Uri(server, await server.CreateBucketAsync()));
    }

    private async Task ListAsync(string kind, string uri)
    {
        await using var repository = await SnapshotRepository.OpenAsync(RepositoryUri.Parse(uri), CancellationToken.None);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await ListingRun.FillAsync(repository, options.Backups);
        Say($"fill {kind,-6} {options.Backups:N0} backups in {clock.Elapsed.TotalSeconds:F0} s");
        for (var i = 0; i <= options.Rounds; i++)
        {
            var (first, whole, count) = await ListingRun.ListAsync(repository);
            Say($"list {kind,-6} {(i == 0 ? "warm-up" : $"round {i}")}: {count:N0} backups, the first after {first:F2} s, all after {whole:F2} s");
        }
    }

    private async Task OffsiteAsync(CephServer server, string work)
    {
        await using var database = await BenchmarkDatabase.OpenAsync(work, options.Size, text => Console.Error.WriteLine(text));
        Say($"Database: {database.Facts}.");
        var bucket = await server.CreateBucketAsync();
        var run = new OffsiteRun(database, work, bucket, server.Endpoint, server.Region, ProviderLoader.Catalog.Age.NewKeyPair().Recipient);
        await using var idle = new OurWorker();
        await idle.AskAsync(run.Request("offsite-idle"));
        await using var shell = new OurWorker();
        await using var repository = await SnapshotRepository.OpenAsync(RepositoryUri.Parse(Uri(server, bucket)), CancellationToken.None);
        var ratios = new List<double>();
        for (var i = 0; i <= options.Rounds; i++)
        {
            var ours = await run.OursAsync(shell);
            var theirs = await run.TheirsAsync();
            var sum = theirs.Sum(part => part.Seconds);
            Say($"offsite {(i == 0 ? "warm-up" : $"round {i}")}: ours {ours:F1} s; theirs {sum:F1} s ({string.Join(", ", theirs.Select(part => FormattableString.Invariant($"{part.Program} {part.Seconds:F1}")))}); ratio {ours / sum:F2}");
            if (i > 0)
            {
                ratios.Add(ours / sum);
            }

            await EmptyAsync(repository.Store, tell: i == 0);
        }

        ratios.Sort();
        Say($"offsite: ratio {ratios[ratios.Count / 2]:F2} of {Limit:F2}, memory added {(shell.PeakMemory() - idle.PeakMemory()) >> 20} of {MemoryLimit} MB");
    }

    private static async Task EmptyAsync(IBlobStore store, bool tell)
    {
        await foreach (var blob in store.ListAsync("", CancellationToken.None))
        {
            if (tell && blob.Size > 1 << 20)
            {
                Say($"stored:  {blob.Name}, {blob.Size / 1e6:N0} MB");
            }

            await store.DeleteAsync(blob.Name, CancellationToken.None);
        }
    }

    private static string Uri(CephServer server, string bucket) =>
        $"s3://{bucket}?endpoint={System.Uri.EscapeDataString(server.Endpoint.ToString())}&region={server.Region}&pathStyle=true";

    private static void Say(FormattableString text) => Console.WriteLine(FormattableString.Invariant(text));
}
