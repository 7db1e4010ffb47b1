using System.Diagnostics;
using System.Globalization;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Manifests;

namespace DrPowerShell.Benchmarks.Repositories;

/// <summary>Lists a repository of many backups: manifest and object of each, the objects empty because a listing does not read them.</summary>
internal static class ListingRun
{
    private const int AtOnce = 16;

    /// <summary>Fills a repository that is empty.</summary>
    public static async Task FillAsync(SnapshotRepository repository, int backups)
    {
        var first = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await Parallel.ForAsync(0, backups, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, token) =>
        {
            var id = BackupId.New("bench", first.AddMinutes(i));
            var name = BackupNames.Snapshot(id, compressed: true, encrypted: true);
            await repository.Store.PutAsync(name, default, new(), token);
            await repository.Store.PutAsync(BackupNames.Manifest(id), SignedJson.Write(Manifest(id, name), signer: null), new(), token);
        });
    }

    /// <summary>Seconds to the first backup and to the last, and how many there were.</summary>
    public static async Task<(double First, double Whole, int Count)> ListAsync(SnapshotRepository repository)
    {
        var clock = Stopwatch.StartNew();
        var (first, count) = (0.0, 0);
        await foreach (var backup in repository.ListAsync(BackupFilter.All, damaged: null, CancellationToken.None))
        {
            first = count++ == 0 ? clock.Elapsed.TotalSeconds : first;
        }

        return (first, clock.Elapsed.TotalSeconds, count);
    }

    private static BackupManifest Manifest(BackupId id, string name) => new()
    {
        Schema = BackupManifest.CurrentSchema,
        Id = id.ToString(),
        Cluster = new ManifestCluster(id.Cluster) { Id = "cdf818194e3a8c32", Version = "3.5" },
        Created = id.Time,
        Completed = id.Time.AddSeconds(20),
        Origin = BackupOrigin.Streamed,
        Source = new ManifestSource("m1", "https://etcd-1:2379", "3.5.30"),
        Revision = id.Time.ToUnixTimeSeconds(),
        Verified = "Full",
        Plain = new ManifestLayer(2_000_000_000, Digits(id, 'a')),
        Compression = new ManifestCompression("zstd", 3, 600_000_000, Digits(id, 'b')),
        Encryption = new ManifestEncryption("age", ["age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"], Passphrase: false),
        Object = new ManifestObject(name, 600_100_000, Digits(id, 'c')),
        Tool = "DrPowerShell",
        Host = "bench",
    };

    private static string Digits(BackupId id, char fill) => id.Time.ToUnixTimeSeconds().ToString("x", CultureInfo.InvariantCulture).PadLeft(64, fill);
}
