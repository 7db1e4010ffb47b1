using System.Globalization;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Testing.Etcd;

namespace DrPowerShell.Benchmarks.Database;

/// <summary>A real etcd with a database of the wanted size, and a snapshot of it.</summary>
internal sealed class BenchmarkDatabase : IAsyncDisposable
{
    private readonly EtcdTestCluster _cluster;

    private BenchmarkDatabase(EtcdTestCluster cluster, string snapshot, string facts)
    {
        _cluster = cluster;
        Snapshot = snapshot;
        Facts = facts;
    }

    public EtcdRelease Release => _cluster.Release;

    public string Endpoint => EtcdClusterPlan.Text(_cluster.Endpoints[0]);

    /// <summary>The snapshot that status, verification and restores read.</summary>
    public string Snapshot { get; }

    /// <summary>What is in the database, as a sentence without its end.</summary>
    public string Facts { get; }

    /// <summary>Starts etcd on a database of a size that an earlier run left in the folder, or loads a new one.</summary>
    public static async Task<BenchmarkDatabase> OpenAsync(string work, long size, Action<string> say)
    {
        var folder = Path.Combine(work, $"database-{size}");
        var snapshot = Path.Combine(folder, "snapshot.db");
        var isLoaded = File.Exists(snapshot);
        if (!isLoaded && Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        var cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.V35, new EtcdClusterOptions
        {
            DataDirectory = Path.Combine(folder, "{member}"),
            StartTimeout = TimeSpan.FromMinutes(5),
            ExtraArguments = ["--quota-backend-bytes", "8589934592", "--max-txn-ops", "2048", "--max-request-bytes", "8388608", "--snapshot-count", "200"],
        });
        try
        {
            if (!isLoaded)
            {
                await new KubernetesLoad(cluster.Endpoints[0], size).RunAsync(say);
                await TakeSnapshotAsync(cluster, snapshot);
            }

            return new BenchmarkDatabase(cluster, snapshot, await DescribeAsync(snapshot));
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    // Ended in good order: a folder that is kept is started on again.
    public async ValueTask DisposeAsync()
    {
        await _cluster.StopMemberAsync(0);
        await _cluster.DisposeAsync();
    }

    private static async Task TakeSnapshotAsync(EtcdTestCluster cluster, string snapshot)
    {
        await cluster.EtcdctlAsync("snapshot", "save", snapshot + ".new", "--command-timeout=10m");
        File.Move(snapshot + ".new", snapshot);
    }

    private static async Task<string> DescribeAsync(string snapshot)
    {
        var result = await new SnapshotVerifier().VerifyAsync(snapshot, VerificationLevel.Full, null, CancellationToken.None);
        return result is { IsValid: true, Status: { } status }
            ? string.Create(CultureInfo.InvariantCulture, $"{result.Size / 1e6:N0} MB, {100.0 * status.FreeBytes / status.TotalSize:F0} % of it free pages; {status.TotalKeyV36:N0} keys at revision {status.Revision:N0}")
            : throw new InvalidOperationException($"{snapshot} is not valid: {string.Join("; ", result.Findings.Select(f => f.Text))}");
    }
}
